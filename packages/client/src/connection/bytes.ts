import { Failure } from '../http/failure.ts'

/** Bytes of a text in UTF-8, the encoding of everything on the wire. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length

/**
 * Checks the size of one event's data.
 *
 * @throws Failure `overflow`
 */
export function checkSize(data: string, maxEventBytes: number): void {
  // A UTF-16 code unit is at most three bytes of UTF-8, so short texts need not be encoded.
  if (data.length * 3 > maxEventBytes && byteLength(data) > maxEventBytes) throw overflow(maxEventBytes)
}

export const overflow = (maxEventBytes: number): Failure =>
  new Failure({ code: 'overflow', message: `An event has more than ${maxEventBytes} bytes` })
