import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { createHub, SseError } from '@sse/core'
import { Recorder } from '@sse/testbed'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSqliteBroker, type SqliteBrokerOptions } from './index.ts'
import { newFile, readAll, startBroker, turns } from './log-file.test-kit.ts'

describe('createSqliteBroker', () => {
  it.each<[string, unknown]>([
    ['synchronous', { synchronous: 'extra' }],
    ['keep.entries', { keep: { entries: 0 } }],
    ['keep.age', { keep: { age: '7d' } }],
    ['tail.bytes', { tail: { bytes: -1 } }],
    ['lockTimeout', { lockTimeout: Number.NaN }],
    ['now', { now: 0 }],
    ['keep', { keep: 7 }],
    ['Did you mean busyTimeout?', { buzyTimeout: 5 }],
    ['Did you mean keep.entries?', { keep: { entrys: 5 } }],
  ])('refuses what is no %s', (name, options) => {
    expect(() => createSqliteBroker(newFile(), options as SqliteBrokerOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(name) }),
    )
  })

  it('refuses what is no database, and touches no file before it starts', () => {
    expect(() => createSqliteBroker('')).toThrow(SseError)
    expect(() => createSqliteBroker({} as DatabaseSync)).toThrow(SseError)
    const path = newFile()
    createSqliteBroker(path)
    expect(existsSync(path)).toBe(false)
  })

  it('sets how safe a commit is: of its own file to normal, of a database that is given only when told', async () => {
    const level = (database: DatabaseSync) => database.prepare('PRAGMA synchronous').get()?.['synchronous']
    const levels = []
    for (const options of [{}, { synchronous: 'off' }] as const) {
      const database = new DatabaseSync(newFile())
      onTestFinished(() => database.close())
      await startBroker(database, options)
      levels.push(level(database))
    }
    const { broker } = await startBroker(newFile())
    levels.push(broker.transaction(level))
    expect(levels).toEqual([2, 0, 1])
  })

  it('works on a database in memory, and on one that answers in its own way', async () => {
    for (const options of [{}, { readBigInts: true, returnArrays: true }]) {
      const database = new DatabaseSync(':memory:', options)
      onTestFinished(() => database.close())
      const { broker, recorder } = await startBroker(database)
      await broker.publish(['a', 'b'], { event: 'tick', data: 'x' }, { idempotencyKey: 'k' })
      const again = await broker.publish(['a'], { data: 'y' }, { idempotencyKey: 'k' })
      expect(again).toEqual({ id: recorder.received[0]?.id, duplicate: true })
      expect(await readAll(broker)).toEqual(recorder.received)
    }
  })

  it('keeps keys apart that differ in anything', async () => {
    const { broker } = await startBroker(newFile())
    const keys = [
      'a',
      'A',
      'a ',
      'a\0b',
      'a\0c',
      '\u00e9',
      'e\u0301',
      '1',
      '01',
      '1.0',
      '\u{1f40e}',
      '\u{1f40f}',
    ]
    const publish = (idempotencyKey: string) => broker.publish(['news'], { data: 'x' }, { idempotencyKey })
    for (const duplicate of [false, true]) {
      const published = await Promise.all(keys.map(publish))
      expect(published.map((one) => one.duplicate)).toEqual(keys.map(() => duplicate))
    }
  })

  it('writes what is published within a turn by one commit', async () => {
    const path = newFile()
    const { broker } = await startBroker(path)
    const other = new DatabaseSync(path)
    onTestFinished(() => other.close())
    const version = () => other.prepare('PRAGMA data_version').get()?.['data_version']
    const count = other.prepare('SELECT count(*) AS count FROM sse_entries')
    const before = version()
    const all = Array.from({ length: 500 }, (_, n) => broker.publish(['news'], { data: `${n}` }))
    expect(version()).toBe(before)
    await all[0]
    expect(count.get()).toEqual({ count: 500 })
  })
})

describe('a restart', () => {
  it('begins with the end of the log, no more of it than the window holds', async () => {
    const path = newFile()
    const first = createSqliteBroker(path)
    await first.start(new Recorder())
    const texts = Array.from({ length: 10 }, (_, n) => `${n}`.repeat(100))
    await Promise.all(texts.map((data) => first.publish(['news'], { data })))
    await first.close()

    for (const [tail, length] of [
      [{}, 10],
      [{ entries: 3 }, 3],
      [{ bytes: 450 }, 4],
      [{ entries: 0 }, 0],
    ] as const) {
      const started = await startBroker(path, { tail })
      expect(started.tail.map(({ data }) => data)).toEqual(texts.slice(10 - length))
      if (length > 0) expect(started.tail.at(-1)?.id).toBe(started.head)
      await started.broker.close()
    }
  })
})

describe('start', () => {
  const refused = expect.objectContaining({
    code: 'invalid-option',
    message: expect.stringContaining('a broker of its own'),
  })

  it('of a broker that has started, or is about to, is refused: one broker has one hub', async () => {
    const broker = createSqliteBroker(newFile())
    onTestFinished(() => broker.close())
    const [first, second] = [new Recorder(), new Recorder()]
    const starting = broker.start(first)
    await expect(broker.start(second)).rejects.toEqual(refused)
    await starting
    await expect(broker.start(second)).rejects.toEqual(refused)
    await broker.publish(['news'], { data: 'x' })
    expect([first.texts, second.texts, second.states]).toEqual([['x'], [], []])
  })

  it('leaves the first hub alone when a second one is given its broker', async () => {
    const broker = createSqliteBroker(newFile())
    const first = createHub({ broker })
    onTestFinished(() => first.close())
    await first.ready
    const second = createHub({ broker, onError: () => {} })
    await expect(second.ready).rejects.toEqual(refused)
    await first.publish('news', 'x')
    expect(first.stats()).toMatchObject({ broker: 'up', published: 1 })
  })

  it('may be tried again after it has failed, whatever it has failed for', async () => {
    const path = newFile()
    const saved = await startBroker(path)
    await saved.broker.publish(['news'], { data: 'first' })
    await saved.broker.publish(['news'], { data: 'second' })
    await saved.broker.close()
    const other = new DatabaseSync(path)
    onTestFinished(() => other.close())
    const broker = createSqliteBroker(path, { lockTimeout: 0 })
    onTestFinished(() => broker.close())
    const [failed, started] = [new Recorder(), new Recorder()]

    other.exec('BEGIN IMMEDIATE')
    await expect(broker.start(failed)).rejects.toMatchObject({ code: 'log-locked' })
    other.exec('COMMIT')
    // It can be opened, and its end cannot be read.
    other.exec('UPDATE sse_entries SET seq = 7 WHERE seq = 1')
    await expect(broker.start(failed)).rejects.toMatchObject({ code: 'log-corrupt' })
    other.exec('UPDATE sse_entries SET seq = 1 WHERE seq = 7')
    expect(() => broker.transaction(() => {})).toThrow(expect.objectContaining({ code: 'not-ready' }))

    const { tail } = await broker.start(started)
    expect(tail.map(({ data }) => data)).toEqual(['first', 'second'])
    await broker.publish(['news'], { data: 'third' })
    expect([failed.texts, started.texts, started.states]).toEqual([[], ['third'], ['up']])
  })

  it('that has failed holds no lock', async () => {
    const path = newFile()
    const { broker } = await startBroker(path)
    await broker.publish(['news'], { data: 'x' })
    await broker.publish(['news'], { data: 'y' })
    await broker.close()
    const other = new DatabaseSync(path)
    onTestFinished(() => other.close())
    other.exec('UPDATE sse_entries SET seq = 7 WHERE seq = 1')
    await expect(startBroker(path)).rejects.toMatchObject({ code: 'log-corrupt' })
    other.exec('UPDATE sse_entries SET seq = 1 WHERE seq = 7')
    await startBroker(path, { lockTimeout: 0 })
  })
})

describe('close', () => {
  it('writes what is queued, also when another connection has the write lock', async () => {
    const path = newFile()
    const other = new DatabaseSync(path)
    onTestFinished(() => other.close())
    const { broker, recorder } = await startBroker(path)
    other.exec('BEGIN IMMEDIATE')
    const publishing = ['1', '2'].map((data) => broker.publish(['news'], { data }))
    await turns(5)
    const closing = broker.close()
    await expect(broker.publish(['news'], { data: 'late' })).rejects.toMatchObject({ code: 'closed' })
    await turns(20)
    other.exec('COMMIT')
    await Promise.all(publishing)
    await closing
    expect(recorder.texts).toEqual(['1', '2'])
  })

  it('gives up what is not written within the busy timeout', async () => {
    const path = newFile()
    const other = new DatabaseSync(path)
    onTestFinished(() => other.close())
    const { broker } = await startBroker(path, { busyTimeout: 30 })
    other.exec('BEGIN IMMEDIATE')
    const publishing = broker.publish(['news'], { data: 'x' })
    publishing.catch(() => {})
    await broker.close()
    await expect(publishing).rejects.toMatchObject({ code: 'log-locked' })
    other.exec('COMMIT')
  })
})

describe('two brokers on one file', () => {
  it('the second is refused and told of @sse/redis, also by another name of the file', async () => {
    const path = newFile()
    const first = await startBroker(path)
    const refused = expect.objectContaining({
      code: 'log-locked',
      message: expect.stringContaining('@sse/redis'),
    })
    await expect(startBroker(path, { lockTimeout: 0 })).rejects.toEqual(refused)
    const database = new DatabaseSync(path)
    onTestFinished(() => database.close())
    await expect(startBroker(database, { lockTimeout: 60 })).rejects.toEqual(refused)
    await first.broker.publish(['news'], { data: 'still here' })
    expect(first.recorder.texts).toEqual(['still here'])
  })

  it('the second waits a while for the first to close, and goes on where that ended', async () => {
    const path = newFile()
    const first = await startBroker(path)
    const { id } = await first.broker.publish(['news'], { data: 'x' })
    const starting = startBroker(path, { lockTimeout: 10_000 })
    await turns(20)
    await first.broker.close()
    expect((await starting).head).toBe(id)
  })

  it('a broker that is closed while it waits is not started', async () => {
    const path = newFile()
    await startBroker(path)
    const second = createSqliteBroker(path, { lockTimeout: 10_000 })
    const starting = second.start(new Recorder())
    const refused = expect(starting).rejects.toMatchObject({ code: 'closed' })
    await second.close()
    await refused
  })
})
