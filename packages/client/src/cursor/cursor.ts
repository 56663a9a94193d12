import { byteLength } from '../connection/bytes.ts'
import type { SseGap } from '../events/control-events.ts'
import type { CursorStore } from './persist.ts'

/**
 * Where a cursor comes from. `app`: the app gave it. `told`: the listeners of this client have received everything up to it. `stored`: it was
 * stored before the page was loaded, so it proves nothing about what the page shows. `none`: there is no cursor.
 */
export type CursorOrigin = 'app' | 'told' | 'stored' | 'none'

/** The most bytes of a cursor. Servers and proxies accept about 8 kB in a header. Our own ids have 64. */
const LONGEST = 8000

/**
 * Whether a header can carry this text unchanged: no control characters (Node's server answers 400 to them), no white space at its ends
 * (`fetch` strips it) and no lone surrogates (UTF-8 cannot express them).
 */
export function isSendable(cursor: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be in it
  const unsendable = /^[\t ]|[\t ]$|[\0-\x08\n-\x1F\x7F]|\p{Surrogate}/u
  return !unsendable.test(cursor) && byteLength(cursor) <= LONGEST
}

/** The cursor of a client, the standard's "last event ID", across all its connections and lives. */
export interface Cursor {
  /** The cursor after the last block that was received. */
  received: string
  /** The cursor up to which the listeners have received everything. */
  readonly told: string
  readonly origin: CursorOrigin
  /** The app has a position of its own. */
  give(cursor: string): void
  /** Listeners have received everything up to here. The cursor is stored. */
  tell(cursor: string): void
  /** Goes back to what the listeners have received, so that the rest is sent again. */
  rewind(): void
  /** The cursor for a request. One that cannot be sent is dropped. */
  toSend(): string
  /** The server cannot take it. */
  drop(): void
  /** The cursor that was dropped since the last call: events may be missing after it. */
  takeGap(): SseGap | undefined
}

/** @param given by the app. It is used instead of the stored cursor. */
export function createCursor(given: string | undefined, store: CursorStore): Cursor {
  const stored = given === undefined ? store.read() : undefined
  /** Behind `received` while an async schema checks an event. */
  let told = given ?? stored ?? ''
  let kept = stored
  let dropped: string | undefined

  const cursor = {
    received: told,
    get told() {
      return told
    },
    origin: (given === undefined ? (stored ? 'stored' : 'none') : 'app') as CursorOrigin,
    give(position: string) {
      cursor.received = told = position
      cursor.origin = 'app'
      dropped = undefined
    },
    tell(position: string) {
      if (kept !== position) store.write(isSendable(position) ? position : '')
      told = kept = position
      cursor.origin = 'told'
    },
    rewind() {
      cursor.received = told
    },
    toSend() {
      if (!isSendable(cursor.received)) cursor.drop()
      return cursor.received
    },
    drop() {
      dropped = cursor.received
      cursor.received = told = kept = ''
      cursor.origin = 'none'
      store.write('')
    },
    takeGap() {
      const gap = dropped === undefined ? undefined : { reason: 'unknown', requested: dropped }
      dropped = undefined
      return gap
    },
  }
  return cursor
}
