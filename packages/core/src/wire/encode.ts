import { maxDelay } from '../check.ts'
import { SseError, show } from '../errors.ts'
import { serialize } from './data.ts'

/** The four fields of an event (HTML standard, 9.2.6 “Interpreting an event stream”). */
export interface SseEvent {
  /** The event's name. Without a name the client receives a `message` event. */
  readonly event?: string | undefined
  /** A string is sent unchanged, any other value as JSON. Clients do not dispatch an event without this property. */
  readonly data?: unknown
  /** The event's id. The empty string resets the client's last event id. */
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
const lineEndOrNul = /[\r\n\0]/
/** EventSource dispatches events with these names itself, so a client could not distinguish them from messages. */
const reservedNames = new Set(['open', 'error'])

/**
 * Encodes one event as text that ends with a blank line (HTML standard, 9.2.5 “Parsing an event stream”). Every field is written as
 * `field: value`, and data one line at a time, so a value can never start another field.
 *
 * @throws {SseError} `invalid-event` for a name with CR, LF or NUL, and for `open`, `error` and `sse.…`; `invalid-id` for an id with control
 * characters or over 64 bytes; `invalid-retry` unless `retry` is a non-negative safe integer, `invalid-option` above 2,147,483,647; `invalid-data`
 */
export function encode(fields: SseEvent): string {
  return encodeFields(checkFields(fields))
}

/** Checks the fields of an event, and serialises its data. @throws {SseError} as `encode` */
export function checkFields(fields: SseEvent): EventFields {
  // Each property is read once, so that the checked value is the one that is written.
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

/** Encodes a comment, which clients ignore. Text of several lines becomes a comment of several lines. @throws {SseError} `invalid-data` */
export function encodeComment(text = ''): string {
  if (typeof text !== 'string') {
    throw new SseError('invalid-data', `A comment must be a string, not ${show(text)}.`, { value: text })
  }
  return `${writeLines(':', text)}\n`
}

/** Encodes an event whose fields were already checked, or come from the toolkit itself. */
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
  if (typeof name !== 'string' || lineEndOrNul.test(name)) {
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
      `The event name ${show(name)} is reserved: "open" and "error" belong to EventSource, "sse." to this toolkit. Choose another name.`,
      { value: name },
    )
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression exists to refuse them
const unprintable = /[\u0000-\u001f\u007f-\u009f]/

/** A client sends the id back in a header. A header cannot have control characters, and servers reject long ones. */
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

/** @throws {SseError} `invalid-retry`; `invalid-option` for a time that is too long for the timer of a client */
export function checkRetry(retry: unknown): asserts retry is number {
  if (!Number.isSafeInteger(retry) || (retry as number) < 0) {
    const message = `${show(retry)} is not a valid reconnection time: use whole milliseconds, 0 or more.`
    throw new SseError('invalid-retry', message, { value: retry })
  }
  if ((retry as number) <= maxDelay) return
  const message = `${show(retry)} ms is too long: use at most 2,147,483,647 ms. With a longer time, clients reconnect at once.`
  throw new SseError('invalid-option', message, { value: retry })
}

/** Most text has one line, so it is not split. */
function writeLines(field: string, text: string): string {
  if (!lineEnd.test(text)) return `${field} ${text}\n`
  return text
    .split(lineEnd)
    .map((line) => `${field} ${line}\n`)
    .join('')
}
