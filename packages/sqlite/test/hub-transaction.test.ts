import { DatabaseSync } from 'node:sqlite'
import { createHub, type StandardSchema } from '@sse/core'
import { expect, it, onTestFinished } from 'vitest'
import { createSqliteBroker } from '../src/index.ts'
import { newFile, readAll } from '../src/log-file.test-kit.ts'

/** A note is a text; a slow one is looked at in another turn. */
const note: StandardSchema<string, string> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (typeof value === 'string' ? { value } : { issues: [{ message: 'is no text' }] }),
  },
}
const slow: StandardSchema<string, string> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) => ({ value: String(value) }),
  },
}

async function createApp() {
  const database = new DatabaseSync(newFile())
  onTestFinished(() => database.close())
  database.exec('CREATE TABLE notes (text TEXT NOT NULL) STRICT')
  const broker = createSqliteBroker(database)
  const hub = createHub({ broker, events: { note, slow }, onError: () => {} })
  onTestFinished(() => hub.close())
  await hub.ready
  const stored = () => database.prepare('SELECT count(*) AS count FROM notes').get()?.['count']
  const store = () => database.exec("INSERT INTO notes VALUES ('x')")
  return { broker, hub, store, stored }
}

it.each([
  ['an asynchronous schema', 'slow', 'x', 'invalid-transaction'],
  ['data that does not fit', 'note', 7, 'invalid-data'],
  ['data that is too large', 'note', 'x'.repeat(70_000), 'event-too-large'],
  ['an event that has no schema', 'other', 'x', 'invalid-event'],
])('a transaction with %s is rolled back, with that error', async (_, event, data, code) => {
  const { broker, hub, store, stored } = await createApp()
  let publishing: Promise<unknown> = Promise.resolve()
  const work = () => {
    store()
    // What the types would refuse too.
    publishing = hub.publish('news', data as string, { event: event as 'note' })
  }
  expect(() => broker.transaction(work)).toThrow(expect.objectContaining({ code }))
  await expect(publishing).rejects.toMatchObject({ code })
  expect([stored(), await readAll(broker)]).toEqual([0, []])
  await hub.publish('news', 'outside', { event: 'slow' })
  expect(await readAll(broker)).toHaveLength(1)
})
