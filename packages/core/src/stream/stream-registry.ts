import type { AnyEvents, EventMap } from '../event-map.ts'
import type { SseStream } from './sse-stream.ts'

/** The open streams of a process. */
export interface Streams<E extends EventMap = AnyEvents> extends Iterable<SseStream<E>> {
  readonly size: number
  get(id: string): SseStream<E> | undefined
}

/** The streams of a hub, open and opening. */
export class StreamRegistry<S extends SseStream = SseStream> implements Streams {
  readonly #open = new Map<string, S>()
  readonly #opening = new Set<S>()

  get size(): number {
    return this.#open.size
  }

  get(id: string): S | undefined {
    return this.#open.get(id)
  }

  [Symbol.iterator](): Iterator<S> {
    return this.#open.values()
  }

  /** Adds a stream that begins to open. From now on it can be disconnected. */
  addOpening(stream: S): void {
    this.#opening.add(stream)
  }

  add(stream: S): void {
    this.#opening.delete(stream)
    this.#open.set(stream.id, stream)
  }

  remove(stream: S): void {
    this.#opening.delete(stream)
    this.#open.delete(stream.id)
  }

  /** The open and opening streams of a key. */
  withKey(key: string): S[] {
    return this.#all((stream) => stream.key === key)
  }

  /** The open and opening streams that have any key. */
  withAnyKey(): S[] {
    return this.#all((stream) => stream.key !== undefined)
  }

  #all(has: (stream: S) => boolean): S[] {
    return [...this.#opening, ...this.#open.values()].filter(has)
  }
}
