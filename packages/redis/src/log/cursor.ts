/** An id and its parts. */
export interface Cursor {
  /** The id itself: `<epoch>-<milliseconds>.<number>-<nonce>`. */
  readonly id: string
  /** The id of the entry in the Redis stream: `<milliseconds>-<number>`. `0-0` is the origin of the log. */
  readonly at: string
  /** Of the log: drawn when the log begins, and drawn again when it has lost entries. */
  readonly epoch: string
  /** Of the entry: a stream that has lost its newest entries may use the same stream id again. */
  readonly nonce: string
}

const form = /^([0-9a-f]{8})-(0|[1-9][0-9]{0,19})\.(0|[1-9][0-9]{0,19})-([0-9a-f]{12})$/
/** The numbers of a stream id have 64 bits. */
const largest = '18446744073709551615'

/** @returns `undefined` for a text that is not an id of this form */
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

/** Compares two stream ids. @returns a number below 0 when the first is older */
export function compareAt(one: string, other: string): number {
  const [time = '', number = ''] = one.split('-')
  const [otherTime = '', otherNumber = ''] = other.split('-')
  return compareNumbers(time, otherTime) || compareNumbers(number, otherNumber)
}

/** Compares digits without leading zeros: the longer number is the larger one. */
function compareNumbers(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length
  return one === other ? 0 : one < other ? -1 : 1
}
