import { SseError, show } from '../errors.ts'
import { serialize } from './data.ts'

/** The four fields of an event (HTML standard, 9.2.6 “Interpreting an event stream”). */
export interface SseEvent {
  /** The event's name; without one the client sees a `message` event. */
  readonly event?: string | undefined
  /** A string travels as it is, everything else as JSON. Without data, and with no other field but `retry` or `id`, nothing is dispatched. */
  readonly data?: unknown
  /** The event's id; the empty string resets the client's last event id. */
  readonly id?: string | number | undefined
  /** The client's reconnection time in milliseconds. */
  readonly retry?: number | undefined
}

/** The fields of an event as text. */
export interface EventFields {
  readonly event?: string | undefined
  readonly id?: string | undefined
  readonly retry?: number | undefined
  readonly data?: string | undefined
}

const lineEnd = /\r\n|\r|\n/
const breaksField = /[\r\n\0]/
/** Names that EventSource dispatches itself: a message of that name could not be told from them. */
const reservedNames = new Set(['open', 'error'])

/**
 * One event as text, ended by a blank line. Every field is written as `field: value`, data one line at a
 * time, so that whatever is in a value stays in it.
 *
 * @throws {SseError} `invalid-event`, `invalid-id`, `invalid-retry` or `invalid-data`: a CR, LF or NUL in a name
 * or an id, the names `open`, `error` and `sse.…`, a `retry` that is not a non-negative safe integer.
 */
export function encode(fields: SseEvent): string {
  return encodeFields(checkFields(fields))
}

/** As `encode`, up to the text. */
export function checkFields(fields: SseEvent): EventFields {
  // Each is read once: what is checked is what is written.
  const { event, id, retry } = fields
  if (event !== undefined) checkEventName(event)
  if (id !== undefined) checkId(id)
  if (retry !== undefined) checkRetry(retry)
  return {
    event,
    id: id === undefined ? undefined : String(id),
    retry,
    data: 'data' in fields ? serialize(fields.data) : undefined,
  }
}

/** A comment, which every client skips; text of several lines becomes a comment of several lines. */
export function encodeComment(text = ''): string {
  if (typeof text !== 'string') {
    throw new SseError('invalid-data', `A comment must be a string, not ${show(text)}.`, { value: text })
  }
  return `${writeLines(':', text)}\n`
}

/** An event whose fields were checked before, or are our own. */
export function encodeFields(fields: EventFields): string {
  let text = ''
  if (fields.id !== undefined) text += `id: ${fields.id}\n`
  if (fields.event) text += `event: ${fields.event}\n`
  if (fields.retry !== undefined) text += `retry: ${fields.retry}\n`
  if (fields.data !== undefined) text += writeLines('data:', fields.data)
  return `${text}\n`
}

/** @throws {SseError} `invalid-event` */
export function checkEventName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || breaksField.test(name)) {
    throw new SseError(
      'invalid-event',
      `${show(name)} is not a valid event name: use a string without CR, LF and NUL.`,
      {
        value: name,
      },
    )
  }
  if (reservedNames.has(name) || name.startsWith('sse.')) {
    throw new SseError(
      'invalid-event',
      `The event name ${show(name)} is taken: EventSource itself fires "open" and "error", and "sse." is ours. Choose another.`,
      { value: name },
    )
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that they are refused is the point
const unprintable = /[\u0000-\u001f\u007f-\u009f]/

/** A client sends it back in a header, which takes no control characters and is refused when it is long. */
function checkId(id: unknown): void {
  if (typeof id === 'number' && Number.isFinite(id)) return
  if (typeof id === 'string' && !unprintable.test(id) && id.isWellFormed() && Buffer.byteLength(id) <= 64)
    return
  throw new SseError(
    'invalid-id',
    `${show(id)} is not a valid event id: use at most 64 bytes without control characters.`,
    { value: id },
  )
}

/** @throws {SseError} `invalid-retry`; `invalid-option` when it is longer than the timer of a client can wait */
export function checkRetry(retry: unknown): asserts retry is number {
  if (!Number.isSafeInteger(retry) || (retry as number) < 0) {
    const message = `${show(retry)} is not a valid reconnection time: use whole milliseconds, 0 or more.`
    throw new SseError('invalid-retry', message, { value: retry })
  }
  if ((retry as number) <= longestDelay) return
  const message = `${show(retry)} ms is too long: use at most 2,147,483,647 ms. Clients treat a longer time as no time at all.`
  throw new SseError('invalid-option', message, { value: retry })
}

/** The longest time of a timer with 32 bits, in milliseconds. */
const longestDelay = 2 ** 31 - 1

/** Most text has one line: it is not split. */
function writeLines(field: string, text: string): string {
  if (!lineEnd.test(text)) return `${field} ${text}\n`
  return text
    .split(lineEnd)
    .map((line) => `${field} ${line}\n`)
    .join('')
}
