import { join } from 'node:path'
import type { Entry } from '@sse/core'
import { newDirectory, startRecorded } from '@sse/testbed'
import { expect, onTestFinished } from 'vitest'
import { createSqliteBroker, type SqliteBroker, type SqliteBrokerOptions } from './index.ts'

/** The path of a new file, in a directory that is removed with the test. */
export function newFile(): string {
  return join(newDirectory(), 'log.db')
}

/** Starts a broker with a recorder. A log with one broker never breaks. */
export async function startBroker(
  database: Parameters<typeof createSqliteBroker>[0],
  options?: SqliteBrokerOptions,
): ReturnType<typeof startRecorded<SqliteBroker>> {
  const started = await startRecorded(createSqliteBroker(database, options))
  onTestFinished(() => expect(started.recorder.breaks).toEqual([]))
  return started
}

/** Reads all entries that are held. */
export async function readAll(broker: SqliteBroker): Promise<Entry[]> {
  const { signal } = new AbortController()
  const entries: Entry[] = []
  // The gap after an id of another log leads to the position before the oldest entry.
  let page = await broker.read('00000000-0-000000000000', { limit: 1, signal })
  while (!('entries' in page) || !page.done) {
    const after = 'entries' in page ? page.entries.at(-1)!.id : page.resumeAt
    page = await broker.read(after, { limit: 1_000, signal })
    if (!('entries' in page)) throw new Error(`There is a gap: ${page.gap}.`)
    entries.push(...page.entries)
  }
  return entries
}

/** Waits for some turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
