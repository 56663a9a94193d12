/** An id, taken apart. */
export interface Cursor {
  /** The id itself: `<epoch>-<milliseconds>.<number>-<nonce>`. */
  readonly id: string
  /** The id of the entry in the Redis stream, `<milliseconds>-<number>`; of the log's origin, `0-0`. */
  readonly at: string
  /** Of the log: given when it was begun, and a new one when it is known to have lost entries. */
  readonly epoch: string
  /** Of the entry alone: a stream that lost its tail may give `at` once more. */
  readonly nonce: string
}

const form = /^([0-9a-f]{8})-(0|[1-9][0-9]{0,19})\.(0|[1-9][0-9]{0,19})-([0-9a-f]{12})$/
/** Numbers in a stream id have 64 bits. */
const largest = '18446744073709551615'

/** `undefined` for what is no id of this kind of log. */
export function parseId(id: string): Cursor | undefined {
  const [, epoch, time, number, nonce] = form.exec(id) ?? []
  if (epoch === undefined || time === undefined || number === undefined || nonce === undefined)
    return undefined
  if ([time, number].some((part) => compareNumbers(part, largest) > 0)) return undefined
  return { id, at: `${time}-${number}`, epoch, nonce }
}

/** @param at the id of the entry in the Redis stream */
export function cursorOf(at: string, epoch: string, nonce: string): Cursor {
  return { id: `${epoch}-${at.replace('-', '.')}-${nonce}`, at, epoch, nonce }
}

/** Below 0 when the first is the earlier one in the stream. */
export function compareAt(one: string, other: string): number {
  const [time = '', number = ''] = one.split('-')
  const [otherTime = '', otherNumber = ''] = other.split('-')
  return compareNumbers(time, otherTime) || compareNumbers(number, otherNumber)
}

/** Digits without leading zeros: the longer number is the larger one. */
function compareNumbers(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length
  if (one === other) return 0
  return one < other ? -1 : 1
}
