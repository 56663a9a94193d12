/** What somebody has seen of a numbered sequence that a transport delivers in order. */
export interface Ledger {
  received: number
  /** Numbers that were jumped over. */
  missed: number
  /** Numbers that came again. */
  repeated: number
  /** The highest number seen; nothing was missed before the first. */
  last: number | null
}

export function emptyLedger(): Ledger {
  return { received: 0, missed: 0, repeated: 0, last: null }
}

export function enter(ledger: Ledger, n: number): void {
  ledger.received += 1
  if (ledger.last !== null && n <= ledger.last) {
    ledger.repeated += 1
    return
  }
  if (ledger.last !== null) ledger.missed += n - ledger.last - 1
  ledger.last = n
}
