/** A turn of the heartbeat serves a sixteenth of the streams. To serve 5,000 at once would block the event loop for about 50 ms. */
const slices = 16

interface Beating {
  beat(): void
}

/**
 * One timer for all streams: each is served once every interval. The timer runs while there are streams and never keeps the
 * process alive.
 */
export class Heartbeat {
  /** The time between two beats of one stream, in milliseconds; 0 means none. */
  readonly interval: number
  readonly #slices: Set<Beating>[] = Array.from({ length: slices }, () => new Set())
  #timer: ReturnType<typeof setInterval> | undefined
  #size = 0
  #added = 0
  /** The slice whose turn it is next. */
  #current = 0

  constructor(interval: number) {
    this.interval = interval
  }

  /** Starts to serve a stream. Streams that come together are spread over the slices. @returns its slice, for `remove` */
  add(stream: Beating): number {
    const slice = (this.#current + 2 * slices - 1 - (this.#added++ % slices)) % slices
    if (this.interval === 0) return slice
    this.#slices[slice]!.add(stream)
    this.#size++
    this.#timer ??= setInterval(() => this.#tick(), this.interval / slices).unref()
    return slice
  }

  remove(stream: Beating, slice: number): void {
    if (this.#slices[slice]?.delete(stream) && --this.#size === 0) this.#stop()
  }

  #tick(): void {
    const slice = this.#slices[this.#current]!
    this.#current = (this.#current + 1) % slices
    for (const stream of slice) stream.beat()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
