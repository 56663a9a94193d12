/**
 * What every contestant publishes: an object, as apps do, which each serialises in its own way. All of its JSON has the same length,
 * and what the load reads of it comes last: an event that is counted was there in full.
 */
export interface BenchEvent {
  /** Fills the event up. */
  readonly text: string
  /** When the load asked for the event, in microseconds of the load's own clock: 16 digits. */
  readonly at: string
  /** The number of the event: 8 digits, one more with every event of a server. */
  readonly seq: string
}

/** What stands before the digits of `seq` in the JSON. */
export const marker = '"seq":"'
export const seqDigits = 8
export const atDigits = 16
/** From the end of the digits of `at` to the start of the marker: `",`. */
export const atGap = 2

const empty = JSON.stringify({ text: '', at: '0'.repeat(atDigits), seq: '0'.repeat(seqDigits) }).length

/** The least size that an event can have. */
export const leastBytes = empty

/** Makes events whose JSON is so many bytes long. */
export function eventsOf(bytes: number): (seq: number, at: number) => BenchEvent {
  const text = 'x'.repeat(bytes - empty)
  return (seq, at) => ({
    text,
    at: String(Math.round(at)).padStart(atDigits, '0'),
    seq: String(seq).padStart(seqDigits, '0'),
  })
}
