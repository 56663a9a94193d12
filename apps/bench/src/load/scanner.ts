import { atDigits, atGap, marker, seqDigits } from '../event.ts'

/** Told of every event: its number, and where the digits of its `at` begin; below 0 when they came in the part before. */
export type OnEvent = (seq: number, bytes: Buffer, at: number) => void

const pattern = Buffer.from(marker)
/** What must be kept of an event that is cut in two: from its `at` to its marker. */
const lead = atDigits + atGap

/**
 * Finds the events in the bytes of one stream, whatever they are framed in. It looks only where an event may end: from one end to the
 * next there are at least as many bytes as an event has.
 */
export class Scanner {
  /** Bytes to come that hold no marker. */
  #skip = 0
  #rest: Buffer | undefined
  #step = 0

  /** From now on the events are so many bytes long. */
  expect(bytes: number): void {
    this.#step = bytes - marker.length - seqDigits
    this.#skip = 0
    this.#rest = undefined
  }

  scan(part: Buffer, onEvent: OnEvent): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, part]) : part
    this.#rest = undefined
    let from = this.#skip
    while (from < bytes.length) {
      const found = bytes.indexOf(pattern, from)
      const end = found + pattern.length + seqDigits
      if (found < 0 || end > bytes.length) {
        this.#keep(bytes, from, found < 0 ? bytes.length - pattern.length + 1 : found)
        return
      }
      onEvent(digits(bytes, end - seqDigits, seqDigits), bytes, found - lead)
      from = end + this.#step
    }
    this.#skip = from - bytes.length
  }

  /** Keeps the end, where a marker may have begun. The bytes are the load's one buffer, so it is a copy. */
  #keep(bytes: Buffer, from: number, place: number): void {
    const start = Math.max(0, place - lead)
    this.#rest = Buffer.from(bytes.subarray(start))
    this.#skip = Math.max(0, Math.max(from, place) - start)
  }
}

/** A decimal number out of bytes, without making a string of it. */
export function digits(bytes: Buffer, from: number, count: number): number {
  let value = 0
  for (let place = from; place < from + count; place++) value = value * 10 + (bytes[place]! - 48)
  return value
}
