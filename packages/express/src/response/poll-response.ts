import type { PollDocument, PollResponse, Refusal } from '@sse/core'
import type { Request, Response } from 'express'
import { refuse } from './refusal.ts'
import { checkNotBegun, isOver } from './response-state.ts'

/** Whether the client asks for a document instead of a stream: what takes anything gets the stream. */
export function isPoll(request: Request): boolean {
  return request.accepts(['text/event-stream', 'application/json']) === 'application/json'
}

/** An Express response that answers a poll. */
export class ExpressPollResponse implements PollResponse {
  onClose: (() => void) | undefined
  readonly #response: Response

  constructor(response: Response) {
    this.#response = response
    response.once('close', () => this.onClose?.())
  }

  get closed(): boolean {
    return isOver(this.#response)
  }

  begin(): void {
    checkNotBegun(this.#response)
  }

  answer(
    document: PollDocument,
    { retry, lastOfConnection }: { retry: number | undefined; lastOfConnection: boolean },
  ): void {
    const response = this.#response
    if (response.headersSent) return
    if (retry !== undefined) response.set('Retry-After', String(Math.max(1, Math.ceil(retry / 1000))))
    if (lastOfConnection) response.set('Connection', 'close')
    response
      .status(200)
      .vary('Accept')
      .set({ 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
      .end(JSON.stringify(document))
  }

  refuse(refusal: Refusal): void {
    refuse(this.#response, refusal, true)
  }
}
