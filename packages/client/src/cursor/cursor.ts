import { byteLength } from '../connection/bytes.ts'
import type { SseGap } from '../events/control-events.ts'
import type { Keep } from './persist.ts'

/**
 * Where a cursor comes from: `app`: the app gave it. `told`: this client has told its listeners everything up to it. `stored`: it was kept
 * from before the page was loaded, so it proves nothing about what the page shows. `none`: there is none.
 */
export type CursorOrigin = 'app' | 'told' | 'stored' | 'none'

/** Bytes that a cursor may have. Servers and proxies bear about 8 kB in a header; our own ids have 64. */
const LONGEST = 8000

/**
 * Whether a header can carry this text as it is: no control characters (Node's server answers 400 to them), no white space at its ends, which
 * `fetch` takes away, and no lone surrogates, which UTF-8 cannot express.
 */
export function isSendable(cursor: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be in it
  const unsendable = /^[\t ]|[\t ]$|[\0-\x08\n-\x1F\x7F]|\p{Surrogate}/u
  return !unsendable.test(cursor) && byteLength(cursor) <= LONGEST
}

/** The cursor of a client, the standard's "last event ID": over all its connections and lives. */
export interface Cursor {
  /** After the last block that was received. */
  received: string
  readonly origin: CursorOrigin
  /** The app has a position of its own. */
  give(cursor: string): void
  /** Listeners have been told everything up to here. Kept from now on. */
  tell(cursor: string): void
  /** What was received and not told is to come again. */
  rewind(): void
  /** The cursor for a request. One that cannot be sent is dropped. */
  toSend(): string
  /** The server cannot take it. */
  drop(): void
  /** What was dropped since this was asked last: events may have been missed after it. */
  takeGap(): SseGap | undefined
}

/** @param given by the app; it knows better than what was kept */
export function createCursor(given: string | undefined, keep: Keep): Cursor {
  const stored = given === undefined ? keep.read() : undefined
  /** It is behind what was received while a schema takes its time. */
  let told = given ?? stored ?? ''
  let kept = stored
  let dropped: string | undefined

  const cursor = {
    received: told,
    origin: (given === undefined ? (stored ? 'stored' : 'none') : 'app') as CursorOrigin,
    give(position: string) {
      cursor.received = told = position
      cursor.origin = 'app'
      dropped = undefined
    },
    tell(position: string) {
      if (kept !== position) keep.write(isSendable(position) ? position : '')
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
      keep.write('')
    },
    takeGap() {
      const gap = dropped === undefined ? undefined : { reason: 'unknown', requested: dropped }
      dropped = undefined
      return gap
    },
  }
  return cursor
}
