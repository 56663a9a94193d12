import { checkNames, checkObject, refuseOption } from '../check.ts'
import type { RecordLimits } from '../log/records.ts'

/** Checks an amount. `Infinity` means no limit. @throws {SseError} `invalid-option` */
export function checkAmount(name: string, value: unknown, least = 0): void {
  if (typeof value === 'number' && value >= least) return
  refuseOption(name, `a number, ${least} or more`, value)
}

interface Tail {
  readonly entries: number
  readonly bytes: number
}

/** The option `tail` of a broker with its defaults, which are the limits of the hub's window. @throws {SseError} `invalid-option` */
export function tailOf(tail: { readonly [Limit in keyof Tail]?: number | undefined } = {}): Tail {
  checkObject('tail', tail)
  checkNames('tail.', tail, ['entries', 'bytes'])
  const { entries = 10_000, bytes = 16_777_216 } = tail
  checkAmount('tail.entries', entries)
  checkAmount('tail.bytes', bytes)
  return { entries, bytes }
}

/** The option `records` of a broker with its defaults. @throws {SseError} `invalid-option` */
export function recordLimitsOf(
  records: { readonly [Limit in keyof RecordLimits]?: number | undefined } = {},
): RecordLimits {
  checkObject('records', records)
  checkNames('records.', records, ['bytes', 'age'])
  const { bytes = 67_108_864, age = Number.POSITIVE_INFINITY } = records
  checkAmount('records.bytes', bytes, 1)
  checkAmount('records.age', age, 1)
  return { bytes, age }
}
