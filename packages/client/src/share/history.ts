import type { Entry } from './protocol.ts'

/** How many entries a tab keeps, for those that come later and for itself as the next leader. */
const KEPT = 1000

/** How many cursors a tab names when it looks for the place where it and a leader meet. */
const NAMED = 200

/**
 * The newest entries that a tab has seen. A place in it is a number: how many entries to skip. Places shift when old entries are given up,
 * so they are used in the turn they were found in.
 */
export interface History {
  /** The cursor after the newest entry. */
  readonly cursor: string
  readonly size: number
  push(entry: Entry): void
  /** The place behind the last entry with this cursor; undefined when that is not held. */
  find(cursor: string): number | undefined
  /** What follows a place. */
  after(place: number): readonly Entry[]
  /** Gives everything up: what follows begins at `cursor`. */
  restart(cursor: string): void
  /** From here on the tab has been told more than before: it has not passed earlier cursors with the same wishes. */
  mark(): void
  /** Cursors that were passed since the mark, the newest first. */
  passed(): readonly string[]
}

export function createHistory(start: string): History {
  let base = start
  let entries: Entry[] = []
  /** The number of entries before the mark. */
  let marked = 0
  return {
    get cursor() {
      return entries.at(-1)?.lastEventId ?? base
    },
    get size() {
      return entries.length
    },
    push(entry) {
      entries.push(entry)
      // Who has yet to come to a gap is not where a tab is that has passed it.
      if (entry.event === 'sse.gap') marked = entries.length
      if (entries.length <= KEPT) return
      base = entries.shift()?.lastEventId ?? base
      marked = Math.max(0, marked - 1)
    },
    find(cursor) {
      const index = entries.findLastIndex(({ lastEventId }) => lastEventId === cursor)
      return index < 0 && base !== cursor ? undefined : index + 1
    },
    after: (place) => entries.slice(Math.max(0, place)),
    restart(cursor) {
      base = cursor
      entries = []
      marked = 0
    },
    mark() {
      marked = entries.length
    },
    passed() {
      const cursors = entries.slice(Math.max(0, marked - 1)).map(({ lastEventId }) => lastEventId)
      if (marked === 0) cursors.unshift(base)
      return [...new Set(cursors.reverse())].filter(Boolean).slice(0, NAMED)
    },
  }
}
