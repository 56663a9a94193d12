import type { Frame, Refusal, Transport } from '@sse/core'
import { joinFrames, readsProblems, refusalAnswer, streamHead } from '@sse/core/internal'
import type { Body } from './body.ts'
import type { WebExchange } from './exchange.ts'

/** The `Response` of a stream as a transport. */
export class WebTransport implements Transport {
  onClose: (() => void) | undefined
  readonly #exchange: WebExchange
  readonly #body: Body

  constructor(exchange: WebExchange) {
    this.#exchange = exchange
    this.#body = exchange.createBody(() => this.onClose?.())
  }

  get onDrain(): (() => void) | undefined {
    return this.#body.onDrain
  }

  set onDrain(callback: (() => void) | undefined) {
    this.#body.onDrain = callback
  }

  get closed(): boolean {
    return this.#exchange.closed
  }

  get pending(): number {
    return this.#body.pending
  }

  open(): void {
    this.#exchange.answer(
      { status: 200, head: streamHead((name) => this.#exchange.ownHeader(name)) },
      this.#body.readable,
    )
    // After the call: until then the stream is not open.
    if (this.#exchange.request.method === 'HEAD') queueMicrotask(() => this.#body.leave())
  }

  write(frames: readonly Frame[]): boolean {
    return this.#body.write(joinFrames(frames).bytes)
  }

  end(): void {
    this.#body.end()
  }

  refuse(refusal: Refusal): void {
    const { request } = this.#exchange
    const seesStatus = readsProblems(request.headers.get('Accept') ?? undefined)
    this.#exchange.answerAll(refusalAnswer(refusal, seesStatus, (name) => this.#exchange.ownHeader(name)))
  }

  destroy(): void {
    this.#body.destroy()
  }
}
