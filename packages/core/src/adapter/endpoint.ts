import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AnyEvents,
  type CloseHubOptions,
  type HubForAdapters,
  type Refusal,
  SseError,
  type SseStream,
} from '@sse/core'
import { checkCloseOptions, drawBetween, show } from '@sse/core/internal'
import type { Request, Response } from 'express'
import { Admission } from './admission/admission.ts'
import type { SseOptions } from './options.ts'

/** Mistakes that are reported, each once; of more nothing is said. */
const reported = 100

/** What one `sse()` was told, and what it counts: the same for all its responses. */
export class Middleware {
  readonly options: SseOptions<AnyEvents>
  readonly admission: Admission
  readonly #hub: HubForAdapters<AnyEvents> | undefined
  /** Streams that were let in and are not over. */
  readonly #streams = new Map<Response, SseStream>()
  readonly #said = new Set<string>()
  /** From `close` on: when clients shall come back, in milliseconds. */
  #comeBack: readonly [min: number, max: number] | undefined
  #closed: Promise<void> | undefined

  constructor(options: SseOptions<AnyEvents>) {
    this.options = options
    this.admission = new Admission(options.limits ?? {})
    this.#hub = options.hub
  }

  /** Whether the server shuts down: connections are not kept alive for further requests. */
  get closing(): boolean {
    return this.#comeBack !== undefined || this.#hub?.closing === true
  }

  /** Why no stream is let in at all; `undefined` when streams are. */
  refusal(): Refusal | undefined {
    if (!this.#comeBack) return undefined
    return {
      status: 503,
      detail: 'The server is shutting down.',
      retry: drawBetween(this.#comeBack, Math.random),
    }
  }

  /** A stream is let in: it counts until it leaves, which is when its response is over. */
  enter(stream: SseStream, response: Response, key: string | undefined): void {
    this.admission.enter(key)
    this.#streams.set(response, stream)
  }

  leave(response: Response, key: string | undefined): void {
    this.admission.leave(key)
    this.#streams.delete(response)
  }

  /** Ends all streams, spread over `drain` milliseconds. */
  close(options: CloseHubOptions = {}): Promise<void> {
    checkCloseOptions(options)
    const { drain = 0, retry = [1_000, 5_000] } = options
    this.#comeBack ??= retry
    this.#closed ??= this.#close(drain, this.#comeBack)
    return this.#closed
  }

  /** Whether a client may read a channel. @throws what the app's `authorize` throws */
  async authorize(request: Request, channel: string): Promise<boolean> {
    const verdict: unknown = await this.options.authorize?.(request, channel)
    if (verdict && verdict !== true) {
      const message = `authorize returned ${show(verdict)} for the channel ${show(channel)}: only true grants a channel.`
      this.reportOnce('authorize', () => new SseError('invalid-option', message, { value: verdict }))
    }
    return verdict === true
  }

  /** Tells `onError` of the hub of a mistake in the app, once for each that is named the same. */
  reportOnce(mistake: string, error: () => SseError): void {
    if (this.#said.has(mistake) || this.#said.size >= reported) return
    this.#said.add(mistake)
    if (this.#hub) this.#hub.report(error())
    else console.error(error())
  }

  async #close(drain: number, retry: readonly [min: number, max: number]): Promise<void> {
    const streams = [...this.#streams]
    const start = performance.now()
    for (const [index, [response, stream]] of streams.entries()) {
      const early = start + (drain * index) / streams.length - performance.now()
      if (early > 0) await sleep(early)
      const { socket } = response
      // Kept alive, the connection would bring the server further requests.
      response.once('finish', () => socket?.end())
      stream.close({ reconnect: drawBetween(retry, Math.random) })
    }
  }
}
