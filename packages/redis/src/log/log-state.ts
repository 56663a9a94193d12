import { randomText } from '@sse/core/internal'
import type { Connection } from '../connection/connection.ts'
import { type Cursor, compareAt, parseId } from './cursor.ts'
import type { Keys } from './keys.ts'
import { fork, look } from './scripts.ts'

/** The log at one moment. */
export interface LogState {
  readonly epoch: string
  /** The first epoch of the log. It stays when the log loses entries, unless it loses all of them. */
  readonly log: string
  readonly head: Cursor
  /** The position before the oldest entry that is held. */
  readonly base: Cursor
  /** Whether the log holds the entry of the cursor that was asked for, or the entry after it. */
  readonly held: boolean
  /** When the epoch began, in milliseconds by the clock of Redis. */
  readonly since: number
  /** The stream id of the newest signal. */
  readonly signal: string
}

/**
 * What the log has after a cursor. `complete`: it holds everything. `before-fork`: it holds everything up to the place where it has lost
 * entries.
 */
export type CursorStatus = 'complete' | 'before-fork' | 'trimmed' | 'forked'

/** @throws (rejected) the error that Redis replies, for instance that it is a replica */
export async function lookAt(connection: Connection, keys: Keys, cursor?: Cursor): Promise<LogState> {
  const asked = cursor ? [cursor.at, epochAndNonce(cursor), cursor.id] : []
  const reply = await connection.run(look, [keys.log, keys.meta, keys.signals], [newEpoch(), ...asked])
  const texts = (reply as readonly (string | number)[]).map(String)
  const [epoch = '', head = '', base = '', held, since, log = '', signal = ''] = texts
  const ids = { head: knownId(head), base: knownId(base) }
  return { epoch, log, ...ids, held: held === '1', since: Number(since), signal }
}

export function statusOf(cursor: Cursor, { epoch, head, base, held }: LogState): CursorStatus {
  if (cursor.id === head.id || cursor.id === base.id) return 'complete'
  if (held) return cursor.epoch === epoch ? 'complete' : 'before-fork'
  return cursor.epoch === epoch && compareAt(cursor.at, base.at) < 0 ? 'trimmed' : 'forked'
}

/**
 * Whether an entry that was in the log is lost, and some brokers may not know. A new epoch tells them about all entries that were
 * appended before it. But a broker that is still connected to the old primary may append after that. A new log shows by itself that it is new.
 *
 * @param log the first epoch of the log that had the entry; `undefined` if that is not known
 */
export function isUntoldLoss(cursor: Cursor, log: string | undefined, state: LogState): boolean {
  if ((log !== undefined && log !== state.log) || statusOf(cursor, state) !== 'forked') return false
  return cursor.epoch === state.epoch || Number.parseInt(cursor.at, 10) > state.since
}

/** Begins a new epoch, which tells all brokers that this entry is lost, unless another broker has done so since `state` was read. */
export async function tellFork(
  connection: Connection,
  keys: Keys,
  lost: Cursor,
  { epoch }: LogState,
): Promise<void> {
  const args = [newEpoch(), lost.at, epochAndNonce(lost), newNonce(), epoch]
  await connection.run(fork, [keys.log, keys.meta], args)
}

export function newNonce(): string {
  return randomText(6)
}

export function newEpoch(): string {
  return randomText(4)
}

/** As an entry of the stream stores them. */
function epochAndNonce({ epoch, nonce }: Cursor): string {
  return `${epoch}-${nonce}`
}

function knownId(id: string): Cursor {
  const cursor = parseId(id)
  if (!cursor) throw new Error(`WRONGTYPE ${id} is not a position of this log`)
  return cursor
}
