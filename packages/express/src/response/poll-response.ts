import type { PollDocument, PollResponse, Refusal } from '@sse/core'
import type { Response } from 'express'
import { setDocumentHead } from './head.ts'
import { refuse, setRetryAfter } from './refusal.ts'
import { checkNotBegun, isOver } from './response-state.ts'

/** An Express response that answers a poll. */
export class ExpressPollResponse implements PollResponse {
  /** Whether what the client gets is the answer to its poll, or its refusal. */
  answered = false
  onClose: (() => void) | undefined
  readonly #response: Response
  #finished = false

  constructor(response: Response) {
    this.#response = response
    response.once('finish', () => {
      this.#finished = true
    })
    response.once('close', () => this.onClose?.())
  }

  get closed(): boolean {
    return isOver(this.#response)
  }

  /** What a compressor holds is seen by nobody: until everything has left, there is at least something. */
  get pending(): number {
    const { destroyed, writableFinished, writableLength, socket } = this.#response
    if (this.#finished || (!destroyed && writableFinished)) return 0
    return Math.max(1, writableLength, socket?.writableLength ?? 0)
  }

  begin(): void {
    // If it has begun as something else, the error that is thrown says so.
    this.answered = this.#response.headersSent
    checkNotBegun(this.#response)
  }

  answer(
    document: PollDocument,
    { retry, lastOfConnection }: { retry: number | undefined; lastOfConnection: boolean },
  ): void {
    const response = this.#response
    if (response.headersSent) return
    this.answered = true
    setDocumentHead(response, 'application/json; charset=utf-8')
    if (retry !== undefined) setRetryAfter(response, retry)
    if (lastOfConnection) response.set('Connection', 'close')
    response.status(200).end(JSON.stringify(document))
  }

  refuse(refusal: Refusal): void {
    this.answered = true
    refuse(this.#response, refusal, true)
  }

  destroy(): void {
    this.#response.destroy()
  }
}
