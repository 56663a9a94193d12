import { drawBetween } from '../draw-between.ts'
import type { Refusal } from '../response/refusal.ts'
import { checkCloseOptions } from './check-options.ts'
import type { CloseHubOptions } from './types.ts'

/** The end of a server's streams: from `begin` on none opens, and each open one is told when to reconnect. */
export class Shutdown {
  readonly #random: () => number
  /** From `begin` on: when clients reconnect, in milliseconds. */
  #retry: readonly [min: number, max: number] | undefined
  #done: Promise<void> | undefined

  /** @param random a number from 0 to 1 */
  constructor(random: () => number) {
    this.#random = random
  }

  get begun(): boolean {
    return this.#retry !== undefined
  }

  /** Why no stream may open; `undefined` before `begin`. */
  refusal(): Refusal | undefined {
    if (!this.#retry) return undefined
    const retry = drawBetween(this.#retry, this.#random)
    return { status: 503, detail: 'The server is shutting down.', retry }
  }

  /**
   * Ends the streams, spread evenly over `drain` milliseconds. Streams that open meanwhile end last. A second call gets the promise of the first.
   *
   * @param end ends a stream, whose client reconnects after so many milliseconds
   * @param then called when all have ended
   * @throws {SseError} `invalid-option`
   */
  begin<S>(
    options: CloseHubOptions,
    streams: Iterable<S>,
    end: (stream: S, reconnect: number) => void,
    then?: () => Promise<void>,
  ): Promise<void> {
    checkCloseOptions(options)
    const { drain = 0, retry = [1_000, 5_000] } = options
    this.#retry ??= retry
    const range = this.#retry
    const endOne = (stream: S) => end(stream, drawBetween(range, this.#random))
    this.#done ??= endAll(streams, drain, endOne).then(then)
    return this.#done
  }
}

/** Takes `time` even without streams: requests that are under way have as long. Without `time`, all streams end within the call. */
async function endAll<S>(streams: Iterable<S>, time: number, end: (stream: S) => void): Promise<void> {
  const open = [...streams]
  const start = performance.now()
  const steps = Math.max(1, open.length)
  for (let step = 1; step <= steps; step++) {
    const early = start + (time * step) / steps - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    if (step <= open.length) end(open[step - 1]!)
  }
  for (const stream of streams) end(stream)
}
