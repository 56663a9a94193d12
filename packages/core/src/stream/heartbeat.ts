/** Each tick serves one slice, a sixteenth of the streams. Serving 5,000 streams at once would block the event loop for about 50 ms. */
const slices = 16

interface Beating {
  beat(): void
}

/**
 * One timer for all streams, which calls `beat` of each once per interval. The timer runs only while there are streams, and does not keep the
 * process alive.
 */
export class Heartbeat {
  /** Milliseconds between two beats of one stream; 0 means none. */
  readonly interval: number
  readonly #slices: Set<Beating>[] = Array.from({ length: slices }, () => new Set())
  #timer: ReturnType<typeof setInterval> | undefined
  #size = 0
  #added = 0
  /** The slice that the next tick serves. */
  #current = 0

  constructor(interval: number) {
    this.interval = interval
  }

  /** Adds a stream. Streams that are added together are spread over the slices. @returns the slice of the stream, for `remove` */
  add(stream: Beating): number {
    // The slice that was served last, so that a new stream waits almost an interval for its first beat. Further streams go to the slices before it.
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
