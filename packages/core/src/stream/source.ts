import type { ReadableStream } from 'node:stream/web'
import { SseError, show } from '../errors.ts'

/** What a stream can be fed from: also Node's `Readable` and the web's `ReadableStream`, which are async iterables. */
export type Source<T = unknown> = Iterable<T> | AsyncIterable<T>

/**
 * The items of a source, until it ends or the signal is aborted; then the source is cancelled, whatever it is busy with. Bytes become text, with
 * characters that were cut in two put together.
 *
 * @throws {SseError} `invalid-data` for what is no source; and what the source throws
 */
export async function* itemsOf(source: Source, signal: AbortSignal): AsyncGenerator<unknown> {
  const iterator = iteratorOf(source)
  const aborted = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  )
  const decoder = new TextDecoder()
  let ended = false
  try {
    while (!signal.aborted) {
      const result = await Promise.race([iterator.next(), aborted])
      if (!result) return
      ended = result.done === true
      const item = ended ? decoder.decode() : result.value
      if (item instanceof Uint8Array) yield* textOf(decoder.decode(item, { stream: true }))
      else if (ended) return yield* textOf(item as string)
      else yield item
    }
  } catch (error) {
    ended = true
    throw error
  } finally {
    if (!ended) cancel(iterator)
  }
}

interface Items {
  next(): Promise<IteratorResult<unknown>> | IteratorResult<unknown>
  return?(): unknown
}

/**
 * A generator that hangs in an `await` answers `return` only when that is over, and the iterators of both kinds of readable stream are
 * such: they are cancelled at their own handle.
 */
function iteratorOf(source: Source): Items {
  if (typeof source === 'object' && source !== null) {
    if (isReadableStream(source)) {
      const reader = source.getReader()
      return { next: () => reader.read() as Promise<IteratorResult<unknown>>, return: () => reader.cancel() }
    }
    if (Symbol.asyncIterator in source) {
      const iterator = source[Symbol.asyncIterator]()
      return isDestroyable(source)
        ? { next: () => iterator.next(), return: () => source.destroy() }
        : iterator
    }
    if (Symbol.iterator in source) return source[Symbol.iterator]()
  }
  throw new SseError(
    'invalid-data',
    `${show(source)} is no source: give an iterable, an async iterable or a readable stream.`,
    {
      value: source,
    },
  )
}

function isReadableStream(source: object): source is ReadableStream {
  return 'getReader' in source && typeof source.getReader === 'function'
}

function isDestroyable(source: object): source is { destroy(): void } {
  return 'destroy' in source && typeof source.destroy === 'function'
}

/** Not awaited: nobody waits for the source any more, nor is there anybody to tell what it throws now. */
function cancel(items: Items): void {
  void (async () => items.return?.())().catch(() => {})
}

function* textOf(text: string): Generator<string> {
  if (text !== '') yield text
}
