import { checkNames, checkObject, maxDelay, refuseOption } from '../check.ts'
import type { RecordLimits } from '../log/records.ts'

/** Checks an amount. `Infinity` means no limit. @throws {SseError} `invalid-option` */
export function checkAmount(name: string, value: unknown, least = 0): void {
  if (typeof value === 'number' && value >= least) return
  refuseOption(name, `a number, ${least} or more`, value)
}

/** The option of a broker for the records of its log. */
export interface RecordOptions {
  /** The limits of all records together. A record that exceeds `bytes` is refused. One that is older than `age` is removed, by an event. */
  readonly records?:
    | {
        /** Bytes of their names and data, and in Redis about 150 more for each record. Default 64 MiB. */
        readonly bytes?: number | undefined
        /** Milliseconds since a record was last set, by the clock of the log. Default: no limit. */
        readonly age?: number | undefined
      }
    | undefined
}

/** The option of a broker for the end of its log. */
export interface TailOptions {
  /** How much of the end of the log `start` reads for the hub's window. Default 10,000 entries or 16 MiB, the limits of the window. */
  readonly tail?: { readonly entries?: number | undefined; readonly bytes?: number | undefined } | undefined
}

/** @throws {SseError} `invalid-option` */
export function tailOf({ tail = {} }: TailOptions): { readonly entries: number; readonly bytes: number } {
  checkObject('tail', tail)
  checkNames('tail.', tail, ['entries', 'bytes'])
  const { entries = 10_000, bytes = 16_777_216 } = tail
  checkAmount('tail.entries', entries)
  checkAmount('tail.bytes', bytes)
  return { entries, bytes }
}

/** @throws {SseError} `invalid-option` */
export function recordLimitsOf({ records = {} }: RecordOptions): RecordLimits {
  checkObject('records', records)
  checkNames('records.', records, ['bytes', 'age'])
  const { bytes = 67_108_864, age = Number.POSITIVE_INFINITY } = records
  checkAmount('records.bytes', bytes, 1)
  checkAmount('records.age', age, 1)
  return { bytes, age }
}

/** Checks options that a timer waits for, in milliseconds. @throws {SseError} `invalid-option` */
export function checkTimeouts(timeouts: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(timeouts))
    if (!(typeof value === 'number' && value >= 1 && value <= maxDelay))
      refuseOption(name, 'a number of milliseconds from 1 to 2,147,483,647', value)
}
