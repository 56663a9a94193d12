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
  /** Those that are on their way in. */
  readonly #opening = new Set<HostedStream>()

  get size(): number {
    return this.#byId.size
  }

  get(id: string): HostedStream | undefined {
    return this.#byId.get(id)
  }

  [Symbol.iterator](): Iterator<HostedStream> {
    return this.#byId.values()
  }

  expect(stream: HostedStream): void {
    this.#opening.add(stream)
  }

  add(stream: HostedStream): void {
    this.#opening.delete(stream)
    this.#byId.set(stream.id, stream)
  }

  remove(stream: HostedStream): void {
    this.#opening.delete(stream)
    this.#byId.delete(stream.id)
  }

  /** Those of a key, open and on their way in. */
  withKey(key: string): HostedStream[] {
    return this.#all((stream) => stream.key === key)
  }

  /** All that have a key, open and on their way in. */
  withAnyKey(): HostedStream[] {
    return this.#all((stream) => stream.key !== undefined)
  }

  #all(has: (stream: HostedStream) => boolean): HostedStream[] {
    const found: HostedStream[] = []
    for (const stream of this.#opening) if (has(stream)) found.push(stream)
    for (const stream of this.#byId.values()) if (has(stream)) found.push(stream)
    return found
  }
}
