import type { PollResponse, Transport } from '@sse/core'
import type { Endpoint, Exchange } from '@sse/core/internal'
import type { Request, Response } from 'express'
import { reportAnswered } from './mistakes.ts'
import { ownHeaders } from './response/answer.ts'
import { NodeTransport } from './response/node-transport.ts'
import { ExpressPollResponse } from './response/poll-response.ts'
import { isOver } from './response/response-state.ts'

/** A request and its response in Express. */
export class ExpressExchange implements Exchange<Request> {
  readonly #response: Response
  readonly #endpoint: Endpoint<Request>
  #answer: NodeTransport | ExpressPollResponse | undefined

  constructor(response: Response, endpoint: Endpoint<Request>) {
    this.#response = response
    this.#endpoint = endpoint
  }

  get request(): Request {
    return this.#response.req
  }

  get url(): string {
    return this.request.originalUrl
  }

  get hostname(): string {
    return this.request.hostname
  }

  get address(): string | undefined {
    return this.request.ip
  }

  get closed(): boolean {
    return isOver(this.#response)
  }

  header(name: string): string | undefined {
    return this.request.get(name)
  }

  ownHeader(name: string): string | undefined {
    return ownHeaders(this.#response)(name)
  }

  transport(): Transport {
    const transport = new NodeTransport(this.#response, this.#endpoint)
    this.#answer = transport
    return transport
  }

  pollResponse(): PollResponse {
    const answer = new ExpressPollResponse(this.#response)
    this.#answer = answer
    return answer
  }

  onOver(callback: () => void): void {
    this.#response.on('close', () => {
      callback()
      if (!this.#answer?.answered) reportAnswered(this.#endpoint, this.#response)
    })
  }
}
