import type { Page } from '@sse/core'
import type { Connection } from '../connection/connection.ts'
import type { TransferSize } from '../connection/transfer-size.ts'
import { corrupt } from '../failure.ts'
import { type Cursor, parseId } from '../log/cursor.ts'
import type { Keys } from '../log/keys.ts'
import { lookAt, statusOf } from '../log/log-state.ts'
import { type ParsedEntry, parseEntries, publicEntry } from '../log/stored-entry.ts'
import { readStored } from '../log/stored-page.ts'

/** How often a page is read again because the log has changed between two commands. */
const attempts = 5

/**
 * Reads the entries after a cursor: at most `limit`, and as many as fit into one transfer. This takes one command, and another one to
 * explain a gap.
 *
 * @param cursor any text
 * @throws (rejected) the error that Redis replies, or why the connection was lost
 */
export async function readPage(
  connection: Connection,
  keys: Keys,
  cursor: string,
  limit: number,
  size: TransferSize,
): Promise<Page> {
  const after = parseId(cursor)
  if (!after) return { gap: 'unknown', resumeAt: (await lookAt(connection, keys)).head.id }
  for (let attempt = 0; attempt < attempts; attempt++) {
    // The first entry is that of the cursor itself, which proves that the log still has it.
    const limits = { most: limit + 1, size }
    const { stored, more } = await readStored(connection, keys, 'XRANGE', after.at, limits)
    const page = parseEntries(stored)
    const found = following(after, page)
    if (found.length > 0) {
      const chained = chainOf(found)
      const entries = chained.slice(0, limit).map(publicEntry)
      return { entries, done: !more && entries.length === found.length }
    }
    const gap = await explain(connection, keys, after, page)
    if (gap) return gap
  }
  throw corrupt(keys.log)
}

/** The entries after a cursor, if one of the first two entries follows it. */
function following(after: Cursor, entries: readonly ParsedEntry[]): readonly ParsedEntry[] {
  const index = entries.slice(0, 2).findIndex(({ previous }) => previous === after.id)
  return index === -1 ? [] : entries.slice(index)
}

/** The entries up to the first one that does not follow the one before it. */
function chainOf(entries: readonly ParsedEntry[]): readonly ParsedEntry[] {
  const end = entries.findIndex((entry, index) => index > 0 && entry.previous !== entries[index - 1]!.id)
  return end === -1 ? entries : entries.slice(0, end)
}

/** Why no entry follows the cursor; `undefined` if one does by now. */
async function explain(
  connection: Connection,
  keys: Keys,
  after: Cursor,
  entries: readonly ParsedEntry[],
): Promise<Page | undefined> {
  const [own, next] = entries
  // The log has lost what followed the cursor, and continues with other entries.
  if (own?.id === after.id && next) return { gap: 'forked', resumeAt: next.previous }
  const state = await lookAt(connection, keys, after)
  switch (statusOf(after, state)) {
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
