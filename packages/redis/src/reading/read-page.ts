import type { Page } from '@sse/core'
import type { Connection } from '../connection/connection.ts'
import type { Cursor } from '../log/cursor.ts'
import { failure } from '../failure.ts'
import type { Keys } from '../log/keys.ts'
import { lookAt, verdictOn } from '../log/log-state.ts'
import { type LogEntry, publicEntry, toEntries } from '../log/stored-entry.ts'
import { readForwards } from '../log/stored-page.ts'
import type { TransferSize } from '../connection/transfer-size.ts'

/** How often it is read again when the log moves between two looks at it. */
const attempts = 5

/**
 * The entries after a cursor, at most `limit`, and as many as fit into a transfer. One command where the log goes on from the cursor; why it does not costs another.
 *
 * @throws (rejected) what Redis answers
 */
export async function readPage(
  connection: Connection,
  keys: Keys,
  after: Cursor,
  limit: number,
  size: TransferSize,
): Promise<Page> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    // The entry of the cursor itself, which proves it, is the first.
    const { stored, more } = await readForwards(connection, keys, after.at, limit + 1, size)
    const found = following(after, toEntries(stored))
    const [first] = found
    if (first) {
      const chained = chainOf(found)
      const entries = chained.slice(0, limit).map(publicEntry)
      return {
        entries,
        done: chained.length === entries.length && chained.length === found.length && !more,
      }
    }
    const gap = await explain(connection, keys, after, toEntries(stored))
    if (gap) return gap
  }
  throw failure('log-corrupt', keys.log)
}

/** What comes after a position, if one of the first two entries follows it. */
function following(after: Cursor, entries: readonly LogEntry[]): readonly LogEntry[] {
  const index = entries.slice(0, 2).findIndex(({ previous }) => previous === after.id)
  return index === -1 ? [] : entries.slice(index)
}

/** As far as each entry follows the one before it. */
function chainOf(entries: readonly LogEntry[]): readonly LogEntry[] {
  const end = entries.findIndex((entry, index) => index > 0 && entry.previous !== entries[index - 1]!.id)
  return end === -1 ? entries : entries.slice(0, end)
}

/** Why nothing follows the cursor; `undefined` when something does by now. */
async function explain(
  connection: Connection,
  keys: Keys,
  after: Cursor,
  entries: readonly LogEntry[],
): Promise<Page | undefined> {
  const [own, next] = entries
  // What follows it was lost: it goes on with what is there instead.
  if (own?.id === after.id && next) return { gap: 'forked', resumeAt: next.previous }
  const state = await lookAt(connection, keys, after)
  switch (verdictOn(after, state)) {
    case 'complete':
      return after.id === state.head.id ? { entries: [], done: true } : undefined
    case 'before-fork':
      return after.at === state.head.at ? { gap: 'forked', resumeAt: state.head.id } : undefined
    case 'trimmed':
      return { gap: 'trimmed', resumeAt: state.base.id }
    case 'forked':
      return { gap: 'forked', resumeAt: state.base.id }
  }
}
