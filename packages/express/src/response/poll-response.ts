import type { PollDocument, PollResponse, Refusal } from '@sse/core'
import { documentAnswer, refusalAnswer } from '@sse/core/internal'
import type { Response } from 'express'
import { checkNotBegun, isOver, send } from './response.ts'

/** An Express response that answers a poll. */
export class ExpressPollResponse implements PollResponse {
  /** Whether the client gets this response, and not one that the app made itself. */
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

  /** The buffer of a compressor is not visible, so at least one byte counts as pending until the response has finished. */
  get pending(): number {
    const { destroyed, writableFinished, writableLength, socket } = this.#response
    if (this.#finished || (!destroyed && writableFinished)) return 0
    return Math.max(1, writableLength, socket?.writableLength ?? 0)
  }

  begin(): void {
    // If the app has begun another response, the error that this throws reports it.
    this.answered = this.#response.headersSent
    checkNotBegun(this.#response)
  }

  answer(document: PollDocument, options: { retry: number | undefined; lastOfConnection: boolean }): void {
    if (this.#response.headersSent) return
    this.answered = true
    send(this.#response, (own) => documentAnswer(document, own, options))
  }

  refuse(refusal: Refusal): void {
    this.answered = true
    send(this.#response, (own) => refusalAnswer(refusal, true, own))
  }

  destroy(): void {
    this.#response.destroy()
  }
}
