import { DatabaseSync } from 'node:sqlite'
import { Recorder } from '@sse/testbed'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSqliteBroker } from '../index.ts'
import { newFile, readAll, startBroker, turns } from '../log-file.test-kit.ts'

function open(path: string, options = {}): DatabaseSync {
  const database = new DatabaseSync(path, options)
  onTestFinished(() => {
    if (database.isOpen) database.close()
  })
  return database
}

const setting = (database: DatabaseSync, name: string) =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]

/** An app that lets its statements wait, and a second connection that holds the lock to write. */
async function startHeldApp(options = {}) {
  const path = newFile()
  const database = open(path, { timeout: 60_000 })
  const started = await startBroker(database, options)
  const other = open(path)
  other.exec('BEGIN IMMEDIATE')
  return { path, database, other, ...started }
}

// Where a statement waited, a turn would take a minute, and the test more time than it has.
describe('an app whose statements wait a minute for the lock to write', () => {
  it('has a broker whose publishes wait outside of the event loop', async () => {
    const { broker, recorder, other, database } = await startHeldApp()
    const publishing = broker.publish(['news'], { data: 'x' })
    await turns(20)
    expect([recorder.texts, await readAll(broker)]).toEqual([[], []])
    expect(() => broker.transaction(() => {})).toThrow(expect.objectContaining({ code: 'log-locked' }))
    other.exec('COMMIT')
    await publishing
    expect([recorder.texts, setting(database, 'busy_timeout')]).toEqual([['x'], 60_000])
  })

  it('has a broker that looks every second whether the lock is free, and does not wait for it', async () => {
    const { broker, recorder, other, database } = await startHeldApp({ busyTimeout: 0 })
    await expect(broker.publish(['news'], { data: 'x' })).rejects.toMatchObject({ code: 'log-locked' })
    await turns(20)
    other.exec('COMMIT')
    await expect.poll(() => recorder.states, { timeout: 10_000 }).toEqual(['up', 'down', 'up'])
    expect(setting(database, 'busy_timeout')).toBe(60_000)
  })

  it('starts outside of the event loop, whether that ends well or not', async () => {
    const path = newFile()
    const other = open(path)
    other.exec('PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT); BEGIN IMMEDIATE')
    const database = open(path, { timeout: 60_000 })
    await expect(startBroker(database, { lockTimeout: 0 })).rejects.toMatchObject({ code: 'log-locked' })
    expect(setting(database, 'busy_timeout')).toBe(60_000)
    const starting = startBroker(database)
    await turns(20)
    other.exec('COMMIT')
    await starting
    expect(setting(database, 'busy_timeout')).toBe(60_000)
  })

  it('finds its settings as they were', async () => {
    const database = open(newFile(), { timeout: 60_000 })
    database.exec('PRAGMA wal_autocheckpoint = 77')
    const { broker } = await startBroker(database)
    await broker.publish(['news'], { data: 'x' })
    broker.transaction(() => {
      database.exec('PRAGMA busy_timeout = 1234')
      void broker.publish(['news'], { data: 'y' })
    })
    expect(setting(database, 'busy_timeout')).toBe(1_234)
    await broker.publish(['news'], { data: 'z' })
    await broker.close()
    expect([setting(database, 'busy_timeout'), setting(database, 'wal_autocheckpoint')]).toEqual([1_234, 77])
  })
})

it('a database that the app has attached stays as it is, and delays nothing while another connection writes to it', async () => {
  const [path, attached] = [newFile(), newFile()]
  const database = open(path)
  const other = open(attached)
  other.exec('CREATE TABLE notes (text TEXT)')
  database.prepare('ATTACH ? AS notes').run(attached)
  other.exec('BEGIN IMMEDIATE')
  const { broker, recorder } = await startBroker(database)
  await broker.publish(['news'], { data: 'x' })
  broker.transaction(() => void broker.publish(['news'], { data: 'y' }))
  expect(recorder.texts).toEqual(['x', 'y'])
  other.exec('COMMIT')
  expect([setting(database, 'main.journal_mode'), setting(database, 'notes.journal_mode')]).toEqual([
    'wal',
    'delete',
  ])
})

it('a query of the app that is not finished is named when it keeps the log from being written', async () => {
  const path = newFile()
  const database = open(path)
  database.exec("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('a'), ('b')")
  const broker = createSqliteBroker(database, { busyTimeout: 0 })
  onTestFinished(() => broker.close())
  await broker.start(new Recorder())
  const rows = database.prepare('SELECT * FROM notes').iterate()
  rows.next()
  open(path).exec("INSERT INTO notes VALUES ('c')")
  await expect(broker.publish(['news'], { data: 'x' })).rejects.toMatchObject({
    code: 'log-locked',
    message: expect.stringContaining('is not finished'),
  })
  rows.return?.()
  await broker.publish(['news'], { data: 'y' })
})
