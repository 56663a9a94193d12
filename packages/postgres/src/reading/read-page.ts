import type { Page } from '@sse/core'
import { failure } from '../failure.ts'
import { type Cursor, formatId, parseId } from '../log/cursor.ts'
import type { Log, LogState } from '../log/log.ts'

/** Entries and bytes of data in one page at most. */
const most = { entries: 1_024, bytes: 1_048_576 }

/**
 * Reads the entries after a cursor, which may be any text. This takes one statement, and another one to explain a gap.
 *
 * @throws (rejected) {SseError}
 */
export async function readPage(log: Log, after: string, limit: number): Promise<Page> {
  const cursor = parseId(after)
  if (!cursor) return { gap: 'unknown', resumeAt: formatId((await stateOfPrimary(log)).head) }
  const { epoch, head, rows } = await log.from(cursor.position, {
    ...most,
    entries: Math.min(limit, most.entries),
  })
  const [own, next] = rows
  if (!own || own.position !== cursor.position || own.nonce !== cursor.nonce || epoch !== cursor.epoch)
    return explain(await stateOfPrimary(log), cursor)
  // The log has lost what followed the cursor.
  if (next && !next.entry) return { gap: 'forked', resumeAt: formatId({ epoch, ...next }) }
  const end = rows.findIndex(({ entry }, index) => index > 0 && !entry)
  const entries = rows.slice(1, end === -1 ? undefined : end).flatMap(({ entry }) => entry ?? [])
  const last = rows[entries.length] ?? own
  return { entries, done: last.position === head }
}

/** Why the log does not have the position of a cursor. */
export function explain({ base, head }: LogState, cursor: Cursor): Page {
  const isTrimmed = cursor.epoch === head.epoch && cursor.position < base.position
  return { gap: isTrimmed ? 'trimmed' : 'forked', resumeAt: formatId(base) }
}

/** A replica may lag behind, which is no gap. @throws (rejected) {SseError} `log-read-only` on a replica */
export async function stateOfPrimary(log: Log): Promise<LogState> {
  const state = await log.state()
  if (state.isReplica) throw failure('log-read-only', log.name)
  return state
}
