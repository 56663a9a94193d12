import type { ReadableStream } from 'node:stream/web'
import { endOfTurn } from '../end-of-turn.ts'
import { SseError, show } from '../errors.ts'
import { isThenable } from '../thenable.ts'

/** What a stream can be fed from: also Node's `Readable` and the web's `ReadableStream`, which are async iterables. */
export type Source<T = unknown> = Iterable<T> | AsyncIterable<T>

/** Items of a source that are sent in one turn of the event loop. */
const itemsPerTurn = 64

/**
 * Sends the items of a source one after the other, until it ends or the signal is aborted. A source that is always ready is sent in batches: a
 * loop of promises alone would block the event loop.
 *
 * @param sink `prepare` is called once the source is taken over; what it throws cancels the source. `send` answers `true`, or a promise for
 * when there is room for more
 * @throws {SseError} `invalid-data` for a source that is not valid; and what the source, `prepare` and `send` throw
 */
export async function sendAll(
  source: Source,
  sink: { prepare: () => void; send: (item: unknown) => true | Promise<void>; signal: AbortSignal },
): Promise<void> {
  const open = openSource(source)
  try {
    sink.prepare()
  } catch (error) {
    open.cancel()
    throw error
  }
  let sent = 0
  for await (const item of itemsOf(open, sink.signal)) {
    const room = sink.send(item)
    if (room !== true) await room
    else if (++sent % itemsPerTurn === 0) await endOfTurn()
  }
}

/** A source that was taken over: nothing that it throws later is an unhandled error. */
interface OpenSource {
  next(): unknown
  /** Ends it, whatever it is busy with. What it throws then concerns nobody. */
  cancel(): void
}

/**
 * Takes a source over, at once: a stream of Node's that is dropped before anybody listens to its errors ends the process.
 *
 * @throws {SseError} `invalid-data` for what is not a source
 */
function openSource(source: Source): OpenSource {
  const items = iteratorOf(source)
  return {
    next: () => items.next(),
    cancel: () => void (async () => items.return?.())().catch(() => {}),
  }
}

/**
 * The items of a source, until it ends or the signal is aborted; then the source is cancelled. Bytes become text. A character that was cut
 * in two, between two chunks of bytes or two strings, is put together.
 *
 * @throws what the source throws
 */
async function* itemsOf(source: OpenSource, signal: AbortSignal): AsyncGenerator<unknown> {
  const leaving = new Leaving(signal)
  const text = new Joiner()
  let ended = false
  try {
    while (!signal.aborted) {
      const result = (await leaving.before(source.next())) as IteratorResult<unknown> | undefined
      if (!result) return
      if (result.done) {
        ended = true
        yield* text.rest()
        return
      }
      const item = await leaving.before(result.value)
      if (signal.aborted) return
      yield* text.join(item)
    }
  } catch (error) {
    ended = true
    throw error
  } finally {
    leaving.stop()
    if (!ended) source.cancel()
  }
}

/** Waits for one thing after the other, and for none of them once a signal is aborted: with one listener, and nothing kept per item. */
class Leaving {
  readonly #signal: AbortSignal
  #leave: (() => void) | undefined
  readonly #aborted = (): void => this.#leave?.()

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#aborted, { once: true })
  }

  /** What a promise brings, `undefined` when the signal is aborted before; what is not a promise as it is. */
  before(value: unknown): unknown {
    if (!isThenable(value)) return value
    return new Promise((resolve, reject) => {
      this.#leave = () => resolve(undefined)
      value.then(resolve, reject)
      if (this.#signal.aborted) resolve(undefined)
    })
  }

  stop(): void {
    this.#leave = undefined
    this.#signal.removeEventListener('abort', this.#aborted)
  }
}

const highSurrogateAtEnd = /[\ud800-\udbff]$/

/** Puts characters together whose halves came in two items. */
class Joiner {
  readonly #decoder = new TextDecoder()
  /** The first half of a character that ended a string. */
  #half = ''

  /** The items that this one completes. */
  join(item: unknown): unknown[] {
    if (item instanceof Uint8Array) return notEmpty(this.#decoder.decode(item, { stream: true }))
    if (typeof item !== 'string') return [...this.rest(), item]
    const text = this.#half + item
    this.#half = highSurrogateAtEnd.exec(text)?.[0] ?? ''
    const whole = this.#half ? text.slice(0, -1) : text
    // An empty string is an item; one that became empty is not.
    return item === '' ? [whole] : notEmpty(whole)
  }

  /** What was kept for a half that did not come. */
  rest(): string[] {
    const half = this.#half
    this.#half = ''
    return notEmpty(this.#decoder.decode() + half)
  }
}

function notEmpty(text: string): string[] {
  return text === '' ? [] : [text]
}

interface Items {
  next(): unknown
  return?(): unknown
}

/**
 * A generator that hangs in an `await` answers `return` only when that is over, and the iterators of both kinds of readable stream are
 * such: they are cancelled at their own handle.
 */
function iteratorOf(source: Source): Items {
  if (typeof source === 'object' && source !== null) {
    // Without a listener an error of a stream of Node's ends the process, even one that comes after it was destroyed.
    if (isEmitter(source)) source.on('error', ignore)
    if (isReadableStream(source)) {
      const reader = source.getReader()
      return { next: () => reader.read(), return: () => reader.cancel() }
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
    `${show(source)} is not a valid source: use an iterable, an async iterable or a readable stream.`,
    { value: source },
  )
}

function ignore(): void {}

function isEmitter(source: object): source is { on(event: 'error', listener: () => void): unknown } {
  return 'on' in source && typeof source.on === 'function'
}

function isReadableStream(source: object): source is ReadableStream {
  return 'getReader' in source && typeof source.getReader === 'function'
}

function isDestroyable(source: object): source is { destroy(): void } {
  return 'destroy' in source && typeof source.destroy === 'function'
}
