/** What went wrong, and how often; all zero for a server that may be measured. */
export interface Faults {
  /** Never came. */
  dropped: number
  /** Came after a later one. */
  reordered: number
  /** Came twice. */
  repeated: number
  /** Streams that the server ended. */
  closed: number
}

/** Counts the events of every stream, and holds them to their order. */
export class Tally {
  readonly faults: Faults = { dropped: 0, reordered: 0, repeated: 0, closed: 0 }
  /** Events that are still to come, over all streams. */
  remaining = 0
  /** Events that came since the beginning: as long as it grows the server is at work. */
  counted = 0
  #next = new Int32Array(0)
  #streams = 0
  /** Numbers that were passed over, by stream. Empty unless something is wrong. */
  readonly #missing = new Map<number, Set<number>>()

  /** Streams numbered from 0 are given events from `first` on; what they were given before counts no longer. */
  begin(streams: number, first: number): void {
    this.#next = new Int32Array(streams).fill(first)
    this.#streams = streams
    this.#missing.clear()
    this.remaining = 0
  }

  /** Every stream is to get so many more. */
  expect(events: number): void {
    this.remaining += events * this.#streams
  }

  count(stream: number, seq: number): void {
    const next = this.#next[stream]
    if (next === undefined) return
    this.counted++
    if (seq === next) {
      this.#next[stream] = next + 1
      this.remaining--
    } else this.#outOfOrder(stream, seq, next)
  }

  /** To be called when nothing more will come: what is missing then was dropped. */
  end(): void {
    let missing = 0
    for (const numbers of this.#missing.values()) missing += numbers.size
    this.faults.dropped += Math.max(missing, this.remaining)
    this.#missing.clear()
    this.remaining = 0
  }

  #outOfOrder(stream: number, seq: number, next: number): void {
    const missing = this.#missing.get(stream) ?? new Set()
    this.#missing.set(stream, missing)
    if (seq > next) {
      for (let passed = next; passed < seq; passed++) missing.add(passed)
      this.#next[stream] = seq + 1
      this.remaining--
    } else if (missing.delete(seq)) {
      this.faults.reordered++
      this.remaining--
    } else this.faults.repeated++
  }
}

/** The faults in words; `undefined` when there is none. */
export function sayFaults({ dropped, reordered, repeated, closed }: Faults): string | undefined {
  const said = [
    dropped > 0 && `dropped ${dropped} events`,
    reordered > 0 && `delivered ${reordered} events out of order`,
    repeated > 0 && `delivered ${repeated} events twice`,
    closed > 0 && `ended ${closed} streams`,
  ].filter((text) => text !== false)
  return said.length > 0 ? said.join(', ') : undefined
}
