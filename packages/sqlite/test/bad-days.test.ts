import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Recorder } from '@sse/testbed'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSqliteBroker } from '../src/index.ts'
import { newFile, readAll, startBroker, turns } from '../src/log-file.test-kit.ts'

const large = 'x'.repeat(50_000)

/** A second connection, as another program has it. */
function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  onTestFinished(() => database.close())
  return database
}

/** A log whose disk has room for so many pages. */
async function startAlmostFull(room: number) {
  const database = open(newFile())
  const started = await startBroker(database)
  const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count'])
  database.exec(`PRAGMA max_page_count = ${pages + room}`)
  return { database, ...started }
}

describe('a disk that is full', () => {
  it('rejects what finds no room, with nothing half-written, and takes events again when there is', async () => {
    const { database, broker, recorder } = await startAlmostFull(30)

    const acknowledged: string[] = []
    const publish = async () => acknowledged.push((await broker.publish(['news'], { data: large })).id)
    await expect(Promise.all([publish(), publish(), publish(), publish()])).rejects.toMatchObject({
      code: 'log-full',
    })
    expect(acknowledged).toEqual([])
    await publish()
    await expect(async () => {
      for (;;) await publish()
    }).rejects.toMatchObject({ code: 'log-full', message: expect.stringContaining('no room left') })
    expect(recorder.states).toEqual(['up', 'down', 'up', 'down'])
    expect((await readAll(broker)).map(({ id }) => id)).toEqual(acknowledged)

    database.exec('PRAGMA max_page_count = 1000000')
    await expect.poll(() => recorder.states.at(-1), { timeout: 10_000 }).toBe('up')
    await publish()
    expect(recorder.received).toEqual(await readAll(broker))
    expect(recorder.received.map(({ id }) => id)).toEqual(acknowledged)
  })

  it('lets the app roll back what it stores with an event', async () => {
    const { database, broker } = await startAlmostFull(5)
    database.exec('CREATE TABLE notes (text TEXT)')
    let publishing: Promise<unknown> = Promise.resolve()
    const work = () => {
      database.exec("INSERT INTO notes VALUES ('hello')")
      publishing = broker.publish(['news'], { data: large })
    }
    expect(() => broker.transaction(work)).toThrow(expect.objectContaining({ code: 'log-full' }))
    await expect(publishing).rejects.toMatchObject({ code: 'rolled-back' })
    expect(database.prepare('SELECT * FROM notes').all()).toEqual([])
    expect(database.isTransaction).toBe(false)
  })

  it('rolls back also what the app stores after the event that found no room', async () => {
    const { database, broker } = await startAlmostFull(5)
    database.exec('CREATE TABLE notes (text TEXT)')
    const work = () => {
      broker.publish(['news'], { data: large }).catch(() => {})
      // SQLite has rolled back by itself, and would store this for good.
      database.exec("INSERT INTO notes VALUES ('hello')")
      broker.publish(['news'], { data: 'small' }).catch(() => {})
    }
    expect(() => broker.transaction(work)).toThrow(expect.objectContaining({ code: 'log-full' }))
    expect([database.prepare('SELECT * FROM notes').all(), await readAll(broker)]).toEqual([[], []])
  })

  it('is down as long as what was refused has no room, though less would have', async () => {
    const { database, broker, recorder } = await startAlmostFull(5)
    const refused = expect.objectContaining({ code: 'log-full' })
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    // The timer that tries again is made with the first that is refused.
    await expect(broker.publish(['news'], { data: large })).rejects.toEqual(refused)
    await vi.advanceTimersByTimeAsync(3_000)
    await expect(broker.publish(['news'], { data: large })).rejects.toEqual(refused)
    expect(recorder.states).toEqual(['up', 'down'])
    database.exec('PRAGMA max_page_count = 1000000')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(recorder.states).toEqual(['up', 'down', 'up'])
    expect(database.prepare('SELECT count(*) AS count FROM sse_probe').get()).toEqual({ count: 0 })
  })
})

it('the receiver may publish at once when the log is up, within a transaction too', async () => {
  const database = open(newFile())
  const { broker, recorder } = await startBroker(database)
  const publishing: Promise<unknown>[] = []
  const publish = (data: string) => {
    const promise = broker.publish(['news'], { data })
    promise.catch(() => {})
    publishing.push(promise)
  }
  recorder.health = (state) => {
    publish(state)
    try {
      broker.transaction(() => publish(`${state} within`))
    } catch {}
  }
  database.exec('PRAGMA query_only = on')
  await expect(broker.publish(['news'], { data: 'lost' })).rejects.toMatchObject({ code: 'log-read-only' })
  await turns(5)
  database.exec('PRAGMA query_only = off')
  publish('first')
  await expect.poll(() => recorder.texts, { timeout: 10_000 }).toEqual(['first', 'up', 'up within'])
  const outcomes = await Promise.allSettled(publishing)
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  expect((await readAll(broker)).map(({ data }) => data)).toEqual(['first', 'up', 'up within'])
})

describe('a file that cannot be written to', () => {
  it('is told at the start', async () => {
    const path = newFile()
    await (await startBroker(path)).broker.close()
    const database = new DatabaseSync(path, { readOnly: true })
    onTestFinished(() => database.close())
    await expect(startBroker(database)).rejects.toMatchObject({ code: 'log-read-only', value: path })
  })

  it('becomes so while it is in use: publishes reject until it can be written to again', async () => {
    const database = open(newFile())
    const { broker, recorder } = await startBroker(database)
    database.exec('PRAGMA query_only = on')
    await expect(broker.publish(['news'], { data: 'x' })).rejects.toMatchObject({ code: 'log-read-only' })
    database.exec('PRAGMA query_only = off')
    await expect.poll(() => recorder.states, { timeout: 10_000 }).toEqual(['up', 'down', 'up'])
  })

  it('has no directory', async () => {
    const path = join(newFile(), 'log.db')
    await expect(startBroker(path)).rejects.toMatchObject({ code: 'log-failed' })
    mkdirSync(dirname(path))
    await startBroker(path)
  })
})

describe('a file that another connection writes to', () => {
  it('holds up publishes, and nothing else', async () => {
    const path = newFile()
    const other = open(path)
    const { broker, recorder } = await startBroker(path)
    other.exec('BEGIN IMMEDIATE')
    const publishing = [1, 2, 3].map((n) => broker.publish(['news'], { data: `${n}` }))
    await turns(20)
    expect([recorder.texts, await readAll(broker)]).toEqual([[], []])
    expect(() => broker.transaction(() => {})).toThrow(expect.objectContaining({ code: 'log-locked' }))
    other.exec('COMMIT')
    await Promise.all(publishing)
    expect([recorder.texts, recorder.states]).toEqual([['1', '2', '3'], ['up']])
  })

  it('rejects them when it takes too long, at once when it goes on, and recovers', async () => {
    const path = newFile()
    const other = open(path)
    const { broker, recorder } = await startBroker(path, { busyTimeout: 30 })
    other.exec('BEGIN IMMEDIATE')
    for (let time = 0; time < 2; time++) {
      const outcomes = await Promise.allSettled([1, 2].map((n) => broker.publish(['news'], { data: `${n}` })))
      for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'log-locked' } })
    }
    expect(recorder.states).toEqual(['up', 'down'])
    other.exec('ROLLBACK')
    await expect.poll(() => recorder.states.at(-1), { timeout: 10_000 }).toBe('up')
    expect(await readAll(broker)).toEqual([])
  })

  it('holds up the start', async () => {
    const path = newFile()
    await (await startBroker(path)).broker.close()
    const other = open(path)
    other.exec('BEGIN IMMEDIATE')
    await expect(startBroker(path, { lockTimeout: 0 })).rejects.toMatchObject({ code: 'log-locked' })
    const starting = startBroker(path, { lockTimeout: 10_000 })
    await turns(20)
    other.exec('COMMIT')
    await starting
  })

  it('does not let publishes pile up: what is too much is refused at once', async () => {
    const path = newFile()
    const other = open(path)
    const { broker } = await startBroker(path)
    other.exec('BEGIN IMMEDIATE')
    const megabyte = 'x'.repeat(1_048_000)
    const outcomes = Promise.allSettled(
      Array.from({ length: 70 }, () => broker.publish(['news'], { data: megabyte })),
    )
    await turns(20)
    other.exec('COMMIT')
    const refused = (await outcomes).filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(6)
    expect(refused[0]).toMatchObject({ reason: { code: 'log-busy' } })
  })
})

describe('a file that is damaged', () => {
  it('is no database: refused at the start and left as it is', async () => {
    const path = newFile()
    const text = 'Dear diary, '.repeat(1_000)
    writeFileSync(path, text)
    await expect(startBroker(path)).rejects.toMatchObject({ code: 'log-corrupt' })
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('has a page overwritten: reading it fails, and nothing more is written', async () => {
    const path = newFile()
    const first = await startBroker(path)
    for (let n = 0; n < 50; n++) void first.broker.publish(['news'], { data: `${n}`.repeat(1_000) })
    await first.broker.close()
    const file = openSync(path, 'r+')
    for (let page = 16; page < 21; page++) writeSync(file, Buffer.alloc(4_096, 0xa5), 0, 4_096, page * 4_096)
    closeSync(file)

    const { broker, recorder } = await startBroker(path, { tail: { entries: 1 } })
    await expect(readAll(broker)).rejects.toMatchObject({ code: 'log-corrupt' })
    expect(recorder.states).toEqual(['up', 'down'])
    await expect(broker.publish(['news'], { data: 'x' })).rejects.toMatchObject({ code: 'log-corrupt' })
  })

  it('is of a later version: refused and left as it is', async () => {
    const path = newFile()
    await (await startBroker(path)).broker.close()
    open(path).exec('UPDATE sse_log SET version = 99')
    await expect(startBroker(path)).rejects.toMatchObject({
      code: 'log-failed',
      message: expect.stringContaining('later version'),
    })
  })
})

describe('a log that another program has changed', () => {
  it.each([
    [
      'appended to',
      'INSERT INTO sse_entries SELECT seq + 1, at, bytes, channels, event, data, record FROM sse_entries',
    ],
    ['emptied', 'DELETE FROM sse_entries'],
  ])('%s: nothing is appended that would not follow, and the error names the cause', async (_, sql) => {
    const path = newFile()
    const { broker, recorder } = await startBroker(path)
    await broker.publish(['news'], { data: 'x' })
    open(path).exec(sql)
    for (let time = 0; time < 2; time++) {
      await expect(broker.publish(['news'], { data: 'y' })).rejects.toMatchObject({
        code: 'log-corrupt',
        message: expect.stringContaining('another program'),
      })
    }
    expect([recorder.texts, recorder.states]).toEqual([['x'], ['up', 'down']])
    await broker.close()
    const again = await startBroker(path)
    await again.broker.publish(['news'], { data: 'z' })
    expect(again.recorder.texts).toEqual(['z'])
  })
})

describe('a file that is gone', () => {
  it.each(['', '-wal'])('deleted (log.db%s): nothing is acknowledged that would be lost', async (end) => {
    const path = newFile()
    const { broker, recorder } = await startBroker(path)
    await broker.publish(['news'], { data: 'x' })
    rmSync(`${path}${end}`)
    await expect(broker.publish(['news'], { data: 'y' })).rejects.toMatchObject({ code: 'log-gone' })
    expect(() => broker.transaction(() => {})).toThrow(expect.objectContaining({ code: 'log-gone' }))
    expect([recorder.texts, recorder.states]).toEqual([['x'], ['up', 'down']])
  })

  it('moved away and back: publishing goes on', async () => {
    const path = newFile()
    const { broker, recorder } = await startBroker(path)
    renameSync(path, `${path}.away`)
    await expect(broker.publish(['news'], { data: 'x' })).rejects.toMatchObject({ code: 'log-gone' })
    renameSync(`${path}.away`, path)
    await broker.publish(['news'], { data: 'y' })
    expect([recorder.texts, recorder.states]).toEqual([['y'], ['up', 'down', 'up']])
  })

  it('closed by the app before its time: publishes and reads reject, and the broker can be closed', async () => {
    const database = new DatabaseSync(newFile())
    const broker = createSqliteBroker(database)
    const recorder = new Recorder()
    const { head } = await broker.start(recorder)
    database.close()
    await expect(broker.publish(['news'], { data: 'x' })).rejects.toMatchObject({ code: 'log-gone' })
    const { signal } = new AbortController()
    await expect(broker.read(head, { limit: 1, signal })).rejects.toMatchObject({ code: 'log-gone' })
    expect(recorder.states).toEqual(['up', 'down'])
    await broker.close()
  })
})
