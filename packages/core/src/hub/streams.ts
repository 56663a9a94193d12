import type { AnyEvents, EventMap } from '../event-map.ts'
import type { SseStream } from '../stream/sse-stream.ts'
import type { HostedStream } from '../stream/stream-host.ts'

/** The open streams of a process. */
export interface Streams<E extends EventMap = AnyEvents> extends Iterable<SseStream<E>> {
  readonly size: number
  get(id: string): SseStream<E> | undefined
}

export class StreamRegistry implements Streams {
  readonly #byId = new Map<string, HostedStream>()

  get size(): number {
    return this.#byId.size
  }

  get(id: string): HostedStream | undefined {
    return this.#byId.get(id)
  }

  [Symbol.iterator](): Iterator<HostedStream> {
    return this.#byId.values()
  }

  add(stream: HostedStream): void {
    this.#byId.set(stream.id, stream)
  }

  remove(stream: HostedStream): void {
    this.#byId.delete(stream.id)
  }

  withKey(key: string): HostedStream[] {
    return [...this].filter((stream) => stream.key === key)
  }

  /** Ends every stream, spread evenly over `time` milliseconds. */
  async drain(time: number, end: (stream: HostedStream) => void): Promise<void> {
    const streams = [...this]
    if (time <= 0 || streams.length === 0) return streams.forEach(end)
    await new Promise<void>((resolve) => {
      const started = Date.now()
      let ended = 0
      const timer = setInterval(() => {
        const due = Math.ceil(((Date.now() - started) / time) * streams.length)
        for (const stream of streams.slice(ended, due)) end(stream)
        ended = due
        if (ended < streams.length) return
        clearInterval(timer)
        resolve()
      }, 10)
    })
    for (const stream of this) end(stream)
  }
}
