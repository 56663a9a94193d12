import type { ReadableStream } from 'node:stream/web'
import { endOfTurn } from '../end-of-turn.ts'
import { SseError, show } from '../errors.ts'
import { isThenable } from '../thenable.ts'

/** A source of items for `stream.from`. Node's `Readable` and the web's `ReadableStream` are async iterables too. */
export type Source<T = unknown> = Iterable<T> | AsyncIterable<T>

/** The maximum number of items that are sent in one turn of the event loop. */
const itemsPerTurn = 64

/**
 * Sends the items of a source one after another, until the source ends or the signal is aborted. It waits for the end of the turn after every 64
 * items, because a source that is always ready would block the event loop.
 *
 * @param sink `prepare` is called when the source has an error handler; an error of `prepare` cancels the source. `send` returns `true`, or a
 * promise that resolves when the client can receive more
 * @throws {SseError} `invalid-data` for a source that is not valid; and any error of the source, `prepare` or `send`
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
  await sendItems(open, sink)
}

/** As `sendAll`, for a source that is open already. */
export async function sendItems(
  source: OpenSource,
  sink: { send: (item: unknown) => true | Promise<void>; signal: AbortSignal },
): Promise<void> {
  let sent = 0
  for await (const item of itemsOf(source, sink.signal)) {
    const drained = sink.send(item)
    if (drained !== true) await drained
    else if (++sent % itemsPerTurn === 0) await endOfTurn()
  }
}

/** A source with an error handler: all its later errors are handled. */
export interface OpenSource {
  next(): unknown
  /** Cancels the source, even while it waits for an item. Errors of the cancellation are ignored. */
  cancel(): void
}

/**
 * Opens a source. It does so at once, because an error of a Node stream without a listener ends the process.
 *
 * @throws {SseError} `invalid-data` for a value that is not a source
 */
export function openSource(source: Source): OpenSource {
  const items = iteratorOf(source)
  return {
    next: () => items.next(),
    cancel: () => void (async () => items.return?.())().catch(() => {}),
  }
}

/**
 * The items of a source, until it ends or the signal is aborted; an abort cancels the source. Bytes become text. If a character is split over
 * two chunks of bytes or two strings, it is joined.
 *
 * @throws any error of the source
 */
async function* itemsOf(source: OpenSource, signal: AbortSignal): AsyncGenerator<unknown> {
  const abortable = new AbortableWait(signal)
  const text = new TextJoiner()
  let ended = false
  try {
    while (!signal.aborted) {
      const result = (await abortable.wait(source.next())) as IteratorResult<unknown> | undefined
      if (!result) return
      if (result.done) {
        ended = true
        yield* text.flush()
        return
      }
      const item = await abortable.wait(result.value)
      if (signal.aborted) return
      yield* text.join(item)
    }
  } catch (error) {
    ended = true
    throw error
  } finally {
    abortable.stop()
    if (!ended) source.cancel()
  }
}

/** Waits for promises until a signal is aborted. It uses one listener for all of them, and keeps nothing per item. */
class AbortableWait {
  readonly #signal: AbortSignal
  #resolve: (() => void) | undefined
  readonly #onAbort = (): void => this.#resolve?.()

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** The result of a promise, or `undefined` if the signal is aborted before. Other values are returned unchanged. */
  wait(value: unknown): unknown {
    if (!isThenable(value)) return value
    return new Promise((resolve, reject) => {
      this.#resolve = () => resolve(undefined)
      value.then(resolve, reject)
      if (this.#signal.aborted) resolve(undefined)
    })
  }

  stop(): void {
    this.#resolve = undefined
    this.#signal.removeEventListener('abort', this.#onAbort)
  }
}

const highSurrogateAtEnd = /[\ud800-\udbff]$/

/** Joins characters that are split over two items. */
class TextJoiner {
  readonly #decoder = new TextDecoder()
  /** The first half of a character that ended a string. */
  #half = ''

  /** What can be sent with this item. */
  join(item: unknown): unknown[] {
    if (item instanceof Uint8Array) return notEmpty(this.#decoder.decode(item, { stream: true }))
    if (typeof item !== 'string') return [...this.flush(), item]
    const text = this.#half + item
    this.#half = highSurrogateAtEnd.exec(text)?.[0] ?? ''
    const complete = this.#half ? text.slice(0, -1) : text
    // An empty string is sent. One that is empty without its half character is not.
    return item === '' ? [complete] : notEmpty(complete)
  }

  /** The incomplete character at the end of the items before. */
  flush(): string[] {
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
 * The iterator of a source. `return` of an async generator waits for its pending `await`. This also holds for the iterators of both kinds of
 * readable stream, so these are cancelled by their own methods.
 */
function iteratorOf(source: Source): Items {
  if (typeof source === 'object' && source !== null) {
    // Without a listener, an error of a Node stream ends the process, even after the stream was destroyed.
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
