import type { Connection } from './connection.ts'
import { type Cursor, compareAt } from './cursor.ts'
import type { Keys } from './keys.ts'
import { type LogState, lookAt } from './log-state.ts'
import { PageSize } from './page-size.ts'
import { type LogEntry, type StoredEntry, toEntries } from './stored-entry.ts'

/** The newest entries, oldest first, the head, which is the last of them, and how the log stood before. Begins it where there is none. */
export async function readTail(
  connection: Connection,
  keys: Keys,
  most: { readonly entries: number; readonly bytes: number },
): Promise<{ head: Cursor; tail: LogEntry[]; state: LogState }> {
  const state = await lookAt(connection, keys)
  const size = new PageSize(512)
  const newestFirst: LogEntry[] = []
  let { head } = state
  let bytes = 0
  for (let end = '+'; ; ) {
    const count = size.entries
    const reply = await connection.send(['XREVRANGE', keys.log, end, '-', 'COUNT', String(count)])
    const stored = reply as unknown as readonly StoredEntry[]
    const page = toEntries(stored)
    if (end === '+' && page[0] && isNewer(page[0].cursor, state.head)) head = page[0].cursor
    for (const entry of page) {
      const after = newestFirst.at(-1)?.previous ?? head.id
      bytes += entry.data.length
      // Beyond a fork is another log: what lies there is read when somebody asks for it.
      if (entry.id !== after || newestFirst.length >= most.entries || bytes > most.bytes) {
        return { head, state, tail: newestFirst.reverse() }
      }
      newestFirst.push(entry)
    }
    const oldest = stored.at(-1)
    if (stored.length < count || !oldest) return { head, state, tail: newestFirst.reverse() }
    size.saw(page)
    end = `(${oldest[0]}`
  }
}

/** Whether something was appended since one looked. A head that was renamed by a fork stands where the last entry stands. */
function isNewer(cursor: Cursor, head: Cursor): boolean {
  return cursor.epoch !== head.epoch ? compareAt(cursor.at, head.at) !== 0 : compareAt(cursor.at, head.at) > 0
}
