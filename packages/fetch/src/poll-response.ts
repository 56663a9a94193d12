import type { PollDocument, PollResponse, Refusal } from '@sse/core'
import { documentAnswer, refusalAnswer } from '@sse/core/internal'
import type { Body } from './body.ts'
import type { WebExchange } from './exchange.ts'

/** The `Response` to a poll. */
export class WebPollResponse implements PollResponse {
  onClose: (() => void) | undefined
  readonly #exchange: WebExchange
  readonly #body: Body

  constructor(exchange: WebExchange) {
    this.#exchange = exchange
    this.#body = exchange.createBody(() => this.onClose?.())
  }

  get closed(): boolean {
    return this.#exchange.closed
  }

  get pending(): number {
    return this.#body.pending
  }

  begin(): void {}

  answer(document: PollDocument, options: { retry: number | undefined; lastOfConnection: boolean }): void {
    const { body = '', ...answer } = documentAnswer(
      document,
      (name) => this.#exchange.ownHeader(name),
      options,
    )
    this.#exchange.answer(answer, this.#body.readable)
    if (this.#exchange.request.method !== 'HEAD') this.#body.write(Buffer.from(body))
    this.#body.end()
  }

  refuse(refusal: Refusal): void {
    this.#exchange.answerAll(refusalAnswer(refusal, true, (name) => this.#exchange.ownHeader(name)))
  }

  destroy(): void {
    this.#body.destroy()
  }
}
