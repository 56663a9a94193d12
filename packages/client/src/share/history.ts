import type { RelayedEvent } from './protocol.ts'

/** The most events that a tab keeps, for tabs that join later and for itself as the next leader. */
const KEPT = 1000

/** The most cursors that a tab sends to find a position that the leader knows too. */
const NAMED = 200

/**
 * The newest events that a tab has received. A place in it is the number of events to skip. Places shift when old events are removed, so they
 * are used in the turn in which they were found.
 */
export interface History {
  /** The cursor after the newest event. */
  readonly cursor: string
  readonly size: number
  push(relayed: RelayedEvent): void
  /** The place after the last event with this cursor. Undefined if there is none. */
  find(cursor: string): number | undefined
  /** The events after a place. */
  after(place: number): readonly RelayedEvent[]
  /** Removes everything. What follows begins at `cursor`. */
  restart(cursor: string): void
  /** From here on the tab receives more than before, so it has not passed earlier cursors with the same interests. */
  mark(): void
  /** Cursors passed since the mark, the newest first. */
  passed(): readonly string[]
}

export function createHistory(start: string): History {
  let base = start
  let events: RelayedEvent[] = []
  /** The number of events before the mark. */
  let marked = 0
  return {
    get cursor() {
      return events.at(-1)?.lastEventId ?? base
    },
    get size() {
      return events.length
    },
    push(relayed) {
      // Records are sent to the tabs that lack them, and not from here.
      events.push(relayed.event === 'sse.records' ? { ...relayed, data: '' } : relayed)
      // A tab before the gap and one after it have no common position.
      if (relayed.event === 'sse.gap') marked = events.length
      if (events.length <= KEPT) return
      base = events.shift()?.lastEventId ?? base
      marked = Math.max(0, marked - 1)
    },
    find(cursor) {
      // A gap without an id keeps the cursor from before it. Who stands at that cursor must get the gap.
      const gap = events.findIndex(
        ({ event, identified, lastEventId }) => event === 'sse.gap' && !identified && lastEventId === cursor,
      )
      if (gap >= 0) return gap
      const index = events.findLastIndex(({ lastEventId }) => lastEventId === cursor)
      return index < 0 && base !== cursor ? undefined : index + 1
    },
    after: (place) => events.slice(Math.max(0, place)),
    restart(cursor) {
      base = cursor
      events = []
      marked = 0
    },
    mark() {
      marked = events.length
    },
    passed() {
      const cursors = events.slice(Math.max(0, marked - 1)).map(({ lastEventId }) => lastEventId)
      if (marked === 0) cursors.unshift(base)
      return [...new Set(cursors.reverse())].filter(Boolean).slice(0, NAMED)
    },
  }
}
