import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { newFile, readAll, startBroker, turns } from '../log-file.test-kit.ts'

const megabyte = 1_048_576

/** A log whose write-ahead log a reader makes grow to 40 MB. */
async function growLog(path: string, database: DatabaseSync) {
  const { broker } = await startBroker(database, { keep: { bytes: 4 * megabyte } })
  const publish = () =>
    Promise.all(Array.from({ length: 20 }, () => broker.publish(['news'], { data: 'x'.repeat(50_000) })))
  await publish()
  const reader = new DatabaseSync(path)
  onTestFinished(() => reader.close())
  reader.exec('BEGIN; SELECT count(*) FROM sse_entries')
  const size = () => statSync(`${path}-wal`).size
  while (size() < 40 * megabyte) await publish()
  const autoCheckpoint = () => Object.values(database.prepare('PRAGMA wal_autocheckpoint').get() ?? {})[0]
  return { broker, reader, publish, size, autoCheckpoint }
}

it('a write-ahead log that a reader made grow is small again after the reader, without being published to', async () => {
  const path = newFile()
  const database = new DatabaseSync(path, { timeout: 3_000 })
  onTestFinished(() => database.close())
  database.exec('PRAGMA wal_autocheckpoint = 900')
  const { broker, reader, publish, size, autoCheckpoint } = await growLog(path, database)
  // Commits do not copy it within the event loop.
  expect(autoCheckpoint()).toBe(0)
  reader.exec('COMMIT')
  await expect.poll(size, { timeout: 15_000 }).toBeLessThan(megabyte)
  await expect.poll(autoCheckpoint, { timeout: 10_000 }).toBe(900)
  await publish()
  broker.transaction(() => void broker.publish(['news'], { data: 'the last' }))
  const texts = (await readAll(broker)).map(({ data }) => data)
  expect([texts.length > 20, texts.at(-1)]).toEqual([true, 'the last'])
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  await broker.close()
}, 60_000)

it('transactions and publishes go on while the write-ahead log is made small', async () => {
  const path = newFile()
  const database = new DatabaseSync(path)
  onTestFinished(() => database.close())
  const { broker, reader, size } = await growLog(path, database)
  reader.exec('COMMIT')
  const ids: string[] = []
  while (size() > megabyte) {
    const publishing = [broker.publish(['news'], { data: 'x' })]
    broker.transaction(() => void publishing.push(broker.publish(['news'], { data: 'y' })))
    for (const { id } of await Promise.all(publishing)) ids.push(id)
    await turns(1)
  }
  expect((await readAll(broker)).slice(-ids.length).map(({ id }) => id)).toEqual(ids)
}, 60_000)

it('a write-ahead log of an app that checkpoints by itself is left to the app', async () => {
  const path = newFile()
  const database = new DatabaseSync(path)
  onTestFinished(() => database.close())
  database.exec('PRAGMA wal_autocheckpoint = 0')
  const { publish, reader, size, autoCheckpoint } = await growLog(path, database)
  reader.exec('COMMIT')
  const before = size()
  await publish()
  expect(size()).toBeGreaterThanOrEqual(before)
  expect(autoCheckpoint()).toBe(0)
}, 60_000)

it('a large write-ahead log is warned of, once for each time that it is four times as large', async () => {
  const path = newFile()
  const database = new DatabaseSync(path)
  onTestFinished(() => database.close())
  const warnings: Error[] = []
  const listen = (warning: Error) => warnings.push(warning)
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  const { publish, size } = await growLog(path, database)
  while (size() < 70 * megabyte) await publish()
  await expect
    .poll(() => warnings.map(({ message }) => message))
    .toEqual([expect.stringContaining('a reader ends')])
}, 60_000)

it('a broker that is closed meanwhile leaves the settings of the app as they were', async () => {
  const path = newFile()
  const database = new DatabaseSync(path)
  onTestFinished(() => database.close())
  const { broker, autoCheckpoint } = await growLog(path, database)
  expect(autoCheckpoint()).toBe(0)
  await broker.close()
  expect(autoCheckpoint()).toBe(1_000)
}, 60_000)
