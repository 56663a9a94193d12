import type { PollResponse, Transport } from '@sse/core'
import type { Endpoint, Exchange } from '@sse/core/internal'
import type { Request, Response } from 'express'
import { reportAnswered } from './mistakes.ts'
import { NodeTransport } from './response/node-transport.ts'
import { ExpressPollResponse } from './response/poll-response.ts'
import { isOver, ownHeader } from './response/response.ts'

/** A request and its response in Express. */
export class ExpressExchange implements Exchange<Request> {
  readonly request: Request
  readonly url: string
  readonly #response: Response
  readonly #endpoint: Endpoint<Request>
  #answer: NodeTransport | ExpressPollResponse | undefined

  constructor(response: Response, endpoint: Endpoint<Request>) {
    this.request = response.req
    this.url = response.req.originalUrl
    this.#response = response
    this.#endpoint = endpoint
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
    return ownHeader(this.#response, name)
  }

  transport(): Transport {
    this.#answer = new NodeTransport(this.#response, this.#endpoint)
    return this.#answer
  }

  pollResponse(): PollResponse {
    this.#answer = new ExpressPollResponse(this.#response)
    return this.#answer
  }

  onOver(callback: () => void): void {
    this.#response.on('close', () => {
      callback()
      if (!this.#answer?.answered) reportAnswered(this.#endpoint, this.#response)
    })
  }
}
