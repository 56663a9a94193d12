import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry, Receiver } from '@sse/core'
import { onTestFinished } from 'vitest'
import { createSqliteBroker, type SqliteBroker, type SqliteBrokerOptions } from './index.ts'

/** The path of a file that is not there yet, in a directory of its own that is gone after the test. */
export function newFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sse-sqlite-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'log.db')
}

/** A receiver that writes down what it is told. */
export class Recorder implements Receiver {
  readonly received: Entry[] = []
  readonly states: string[] = []
  readonly signals: string[] = []

  entries(batch: readonly Entry[]): void {
    this.received.push(...batch)
  }

  discontinuity(): void {
    throw new Error('A log with one broker does not break.')
  }

  health(state: 'up' | 'down'): void {
    this.states.push(state)
  }

  signal(text: string): void {
    this.signals.push(text)
  }

  get texts(): string[] {
    return this.received.map(({ data }) => data)
  }
}

/** A started broker, closed after the test. */
export async function startBroker(
  database: Parameters<typeof createSqliteBroker>[0],
  options?: SqliteBrokerOptions,
): Promise<{ broker: SqliteBroker; recorder: Recorder; head: string; tail: readonly Entry[] }> {
  const broker = createSqliteBroker(database, options)
  onTestFinished(() => broker.close())
  const recorder = new Recorder()
  return { broker, recorder, ...(await broker.start(recorder)) }
}

/** All that is held, from the oldest on. */
export async function readAll(broker: SqliteBroker): Promise<Entry[]> {
  const { signal } = new AbortController()
  const entries: Entry[] = []
  // The gap of a log that is none of ours begins before the oldest.
  let page = await broker.read('00000000-0-000000000000', { limit: 1, signal })
  while (!('entries' in page) || !page.done) {
    const after = 'entries' in page ? page.entries.at(-1)!.id : page.resumeAt
    page = await broker.read(after, { limit: 1_000, signal })
    if (!('entries' in page)) throw new Error(`There is a gap: ${page.gap}.`)
    entries.push(...page.entries)
  }
  return entries
}

/** Lets so many turns of the event loop pass. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
