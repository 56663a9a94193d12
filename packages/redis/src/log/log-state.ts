import { randomBytes } from 'node:crypto'
import type { Connection } from '../connection/connection.ts'
import { type Cursor, compareAt, parseId } from './cursor.ts'
import type { Keys } from './keys.ts'
import { fork, look } from './scripts.ts'

/** Where the log stands, as it is at one moment. */
export interface LogState {
  readonly epoch: string
  /** Its first epoch: the same after every loss but that of everything. */
  readonly log: string
  readonly head: Cursor
  /** The position before the oldest entry that is held. */
  readonly base: Cursor
  /** Whether the log goes on from the cursor that was asked for: its entry is held, or the one after it. */
  readonly held: boolean
  /** When the epoch began, in milliseconds by the clock of Redis. */
  readonly since: number
  /** The stream id of the newest signal that is there. */
  readonly signal: string
}

/**
 * What a position is to the log. `complete`: everything after it is held. `before-fork`: so is everything up to where the log is known to
 * have lost something.
 */
export type Verdict = 'complete' | 'before-fork' | 'trimmed' | 'forked'

/** @throws (rejected) what Redis answers: that it is a replica, for one */
export async function lookAt(connection: Connection, keys: Keys, cursor?: Cursor): Promise<LogState> {
  const asked = cursor ? [cursor.at, markOf(cursor), cursor.id] : []
  const reply = await connection.run(look, [keys.log, keys.meta, keys.signals], [newEpoch(), ...asked])
  const [epoch, head, base, held, since, log, signal] = reply as readonly [
    string,
    string,
    string,
    number,
    string,
    string,
    string,
  ]
  return {
    ...{ epoch, log, head: known(head), base: known(base) },
    ...{ held: held === 1, since: Number(since), signal },
  }
}

export function verdictOn(cursor: Cursor, { epoch, head, base, held }: LogState): Verdict {
  if (cursor.id === head.id || cursor.id === base.id) return 'complete'
  if (held) return cursor.epoch === epoch ? 'complete' : 'before-fork'
  return cursor.epoch === epoch && compareAt(cursor.at, base.at) < 0 ? 'trimmed' : 'forked'
}

/**
 * Whether an entry that was in a log is lost, and not all may have been told: a new epoch tells of what was appended before it. An old
 * primary that some are still connected to appends after it too. A new log tells by itself.
 *
 * @param log the first epoch of the one that the entry was in
 */
export function isUntold(cursor: Cursor, log: string, state: LogState): boolean {
  if (log !== state.log || verdictOn(cursor, state) !== 'forked') return false
  return cursor.epoch === state.epoch || Number.parseInt(cursor.at, 10) > state.since
}

/** Tells all brokers, unless one has done so since one looked, that this entry was in the log and is lost. */
export async function tellFork(
  connection: Connection,
  keys: Keys,
  lost: Cursor,
  { epoch }: LogState,
): Promise<void> {
  await connection.run(fork, [keys.log, keys.meta], [newEpoch(), lost.at, markOf(lost), newNonce(), epoch])
}

export function newNonce(): string {
  return randomBytes(6).toString('hex')
}

function newEpoch(): string {
  return randomBytes(4).toString('hex')
}

/** As it stands in the stream. */
function markOf({ epoch, nonce }: Cursor): string {
  return `${epoch}-${nonce}`
}

function known(id: string): Cursor {
  const cursor = parseId(id)
  if (!cursor) throw new Error(`WRONGTYPE ${id} is no position of this log`)
  return cursor
}
