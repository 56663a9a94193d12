import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { SseError } from '@sse/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSqliteBroker, type SqliteBrokerOptions } from './index.ts'
import { newFile, Recorder, readAll, startBroker, turns } from './log-file.test-kit.ts'

describe('createSqliteBroker', () => {
  it.each<[string, unknown]>([
    ['synchronous', { synchronous: 'extra' }],
    ['keep.entries', { keep: { entries: 0 } }],
    ['keep.age', { keep: { age: '7d' } }],
    ['tail.bytes', { tail: { bytes: -1 } }],
    ['lockTimeout', { lockTimeout: Number.NaN }],
    ['now', { now: 0 }],
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
