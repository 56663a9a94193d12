import { DatabaseSync } from 'node:sqlite'
import { createHub, type StandardSchema } from '@sse/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSqliteBroker } from '../index.ts'
import { newFile, readAll, startBroker, turns } from '../log-file.test-kit.ts'

/** An app with a table of its own in the file of its log. */
function createApp() {
  const database = new DatabaseSync(newFile())
  onTestFinished(() => database.close())
  database.exec('CREATE TABLE notes (text TEXT NOT NULL) STRICT')
  const insert = database.prepare('INSERT INTO notes VALUES (?)')
  const broker = createSqliteBroker(database)
  const errors: unknown[] = []
  const hub = createHub({ broker, onError: (error) => errors.push(error) })
  onTestFinished(() => hub.close())
  const notes = () =>
    database
      .prepare('SELECT text FROM notes')
      .all()
      .map((row) => row['text'])
  const events = async () => (await readAll(broker)).map(({ data }) => data)
  return { database, broker, hub, errors, notes, events, store: (text: string) => insert.run(text) }
}

describe('transaction', () => {
  it('stores and publishes with one commit, and answers what the function does', async () => {
    const { broker, hub, notes, events, store } = createApp()
    await hub.ready
    const { answer, publishing } = broker.transaction(() => {
      store('hello')
      return { answer: 42, publishing: hub.publish('news', 'hello') }
    })
    expect(answer).toBe(42)
    expect(notes()).toEqual(['hello'])
    const { id } = await publishing
    expect(hub.position).toBe(id)
    expect(await events()).toEqual(['hello'])
  })

  it('rolls everything back when the function throws: nothing is stored, delivered or given an id', async () => {
    const { broker, hub, notes, events, store } = createApp()
    await hub.ready
    const before = hub.position
    const reason = new Error('no')
    let publishing: Promise<unknown> = Promise.resolve()
    const work = () => {
      store('hello')
      publishing = hub.publish('news', 'hello')
      throw reason
    }
    expect(() => broker.transaction(work)).toThrow(reason)
    await expect(publishing).rejects.toMatchObject({ code: 'rolled-back', cause: reason })
    expect([notes(), await events(), hub.position]).toEqual([[], [], before])
    const { id } = await hub.publish('news', 'next')
    expect(await events()).toEqual(['next'])
    expect(hub.position).toBe(id)
  })

  it('delivers nothing before the commit', async () => {
    const { broker, recorder } = await startBroker(newFile())
    broker.transaction(() => {
      void broker.publish(['news'], { data: 'within' })
      expect(recorder.texts).toEqual([])
    })
    expect(recorder.texts).toEqual(['within'])
  })

  it('keeps the order of the calls: what was published before it comes before', async () => {
    const { broker, recorder } = await startBroker(newFile())
    const first = broker.publish(['news'], { data: 'before' })
    broker.transaction(() => void broker.publish(['news'], { data: 'within' }))
    const last = broker.publish(['news'], { data: 'after' })
    await Promise.all([first, last])
    expect(recorder.texts).toEqual(['before', 'within', 'after'])
  })

  it('loses nothing that was published before it when it is rolled back', async () => {
    const { broker, recorder } = await startBroker(newFile())
    const first = broker.publish(['news'], { data: 'before' })
    expect(() =>
      broker.transaction(() => {
        throw new Error('no')
      }),
    ).toThrow('no')
    await first
    expect(recorder.texts).toEqual(['before'])
  })

  it('takes part in what a schema makes of an event at once', async () => {
    const broker = createSqliteBroker(newFile())
    const trimmed: StandardSchema<string, string> = {
      '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: String(value).trim() }) },
    }
    const hub = createHub({ broker, events: { note: trimmed } })
    onTestFinished(() => hub.close())
    await hub.ready
    const work = () => {
      void hub.publish('news', ' rolled back ', { event: 'note' }).catch(() => {})
      throw new Error('no')
    }
    expect(() => broker.transaction(work)).toThrow('no')
    const publishing = broker.transaction(() => [hub.publish('news', ' kept ', { event: 'note' })])
    await Promise.all(publishing)
    expect((await readAll(broker)).map(({ data }) => data)).toEqual(['kept'])
  })

  it('gives a key back that was used in what is rolled back', async () => {
    const { broker } = await startBroker(newFile())
    const publish = () => broker.publish(['news'], { data: 'x' }, { idempotencyKey: 'k' })
    let within: Promise<unknown> = Promise.resolve()
    const work = () => {
      within = publish()
      throw new Error('no')
    }
    expect(() => broker.transaction(work)).toThrow('no')
    await expect(within).rejects.toMatchObject({ code: 'rolled-back' })
    expect(await publish()).toMatchObject({ duplicate: false })
  })

  it('may be begun by a receiver of an event', async () => {
    const { broker, recorder } = await startBroker(newFile())
    const entries = recorder.entries.bind(recorder)
    recorder.entries = (batch) => {
      entries(batch)
      if (batch[0]?.data === 'question')
        broker.transaction(() => void broker.publish(['news'], { data: 'answer' }))
    }
    await broker.publish(['news'], { data: 'question' })
    expect(recorder.texts).toEqual(['question', 'answer'])
  })
})

/** `publish` publishes under one key. */
async function startWithKey() {
  const { broker, recorder } = await startBroker(newFile())
  const publish = () => broker.publish(['news'], { data: 'x' }, { idempotencyKey: 'k' })
  const publishing: Promise<unknown>[] = []
  return { broker, recorder, publish, publishing }
}

describe('a savepoint within a transaction', () => {
  it('that is rolled back takes its events with it: what is delivered is what is in the table', async () => {
    const { database, broker, hub, notes, events, store } = createApp()
    await hub.ready
    const publishing: Promise<unknown>[] = []
    const both = (text: string) => {
      store(text)
      publishing.push(hub.publish('news', text))
    }
    broker.transaction(() => {
      both('first')
      database.exec('SAVEPOINT attempt')
      both('taken back')
      both('taken back too')
      database.exec('ROLLBACK TO attempt')
      both('second')
      database.exec('RELEASE attempt')
      database.exec('SAVEPOINT last')
      both('taken back at the end')
      database.exec('ROLLBACK TO last')
    })
    const outcomes = await Promise.allSettled(publishing)
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
      'rejected',
    ])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'rolled-back' } })
    expect(notes()).toEqual(['first', 'second'])
    expect(await events()).toEqual(['first', 'second'])
    expect(outcomes[3]).toMatchObject({ value: { id: hub.position } })
    await hub.publish('news', 'third')
    expect(await events()).toEqual(['first', 'second', 'third'])
  })

  it('that is rolled back delivers entries that follow one another', async () => {
    const { broker, recorder, head } = await startBroker(newFile())
    broker.transaction((database) => {
      database.exec('SAVEPOINT attempt')
      broker.publish(['news'], { data: 'taken back' }).catch(() => {})
      database.exec('ROLLBACK TO attempt')
      void broker.publish(['news'], { data: 'first' })
      void broker.publish(['news'], { data: 'second' })
    })
    expect(recorder.texts).toEqual(['first', 'second'])
    expect(recorder.received.map(({ previous }) => previous)).toEqual([head, recorder.received[0]?.id])
    expect(await readAll(broker)).toEqual(recorder.received)
  })

  it('that is rolled back gives the keys free, also to a repeat within it', async () => {
    const { broker, recorder, publish, publishing } = await startWithKey()
    broker.transaction((database) => {
      database.exec('SAVEPOINT attempt')
      publishing.push(publish(), publish())
      database.exec('ROLLBACK TO attempt')
    })
    for (const outcome of await Promise.allSettled(publishing)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'rolled-back' } })
    }
    expect(await publish()).toEqual({ id: expect.any(String), duplicate: false })
    expect(recorder.texts).toEqual(['x'])
  })

  it('that is released, and a repeat after a rollback that does not concern it, stay', async () => {
    const { broker, recorder, publish, publishing } = await startWithKey()
    broker.transaction((database) => {
      database.exec('SAVEPOINT one')
      publishing.push(publish())
      database.exec('RELEASE one; SAVEPOINT two')
      publishing.push(publish())
      database.exec('ROLLBACK TO two')
    })
    const id = recorder.received[0]?.id
    expect(await Promise.all(publishing)).toEqual([
      { id, duplicate: false },
      { id, duplicate: true },
    ])
  })
})

describe('a transaction that cannot be', () => {
  it('asynchronous: refused before it begins', async () => {
    const { broker } = await startBroker(newFile())
    let called = false
    const work = async () => {
      called = true
    }
    // @ts-expect-error: the types refuse it too
    expect(() => broker.transaction(work)).toThrow(expect.objectContaining({ code: 'invalid-transaction' }))
    expect(called).toBe(false)
  })

  it('answers a promise: rolled back', async () => {
    const { broker, hub, notes, store } = createApp()
    await hub.ready
    const work = () => {
      store('hello')
      return Promise.reject(new Error('later'))
    }
    // @ts-expect-error: the types refuse it too
    expect(() => broker.transaction(work)).toThrow(expect.objectContaining({ code: 'invalid-transaction' }))
    expect(notes()).toEqual([])
  })

  it('within another one: refused, and the outer one goes on', async () => {
    const { broker, recorder } = await startBroker(newFile())
    broker.transaction(() => {
      expect(() => broker.transaction(() => {})).toThrow(
        expect.objectContaining({ code: 'invalid-transaction' }),
      )
      void broker.publish(['news'], { data: 'outer' })
    })
    expect(recorder.texts).toEqual(['outer'])
  })

  it('within a transaction of the app: refused, and that one stays', async () => {
    const { broker, hub, database, notes, store } = createApp()
    await hub.ready
    database.exec('BEGIN')
    store('own')
    expect(() => broker.transaction(() => {})).toThrow(
      expect.objectContaining({ code: 'invalid-transaction' }),
    )
    database.exec('COMMIT')
    expect(notes()).toEqual(['own'])
  })

  it('ended by its function: what was published rejects', async () => {
    const { broker, hub, database } = createApp()
    await hub.ready
    let publishing: Promise<unknown> = Promise.resolve()
    const work = () => {
      publishing = hub.publish('news', 'x')
      database.exec('ROLLBACK')
    }
    expect(() => broker.transaction(work)).toThrow(expect.objectContaining({ code: 'invalid-transaction' }))
    await expect(publishing).rejects.toMatchObject({ code: 'rolled-back' })
  })

  it('committed by its function: what is in the table is delivered, and the log goes on', async () => {
    const { broker, hub, database, notes, events, store } = createApp()
    await hub.ready
    let publishing: Promise<unknown> = Promise.resolve()
    const work = () => {
      store('hello')
      publishing = hub.publish('news', 'hello')
      database.exec('COMMIT; BEGIN')
      throw new Error('too late')
    }
    expect(() => broker.transaction(work)).toThrow('too late')
    await expect(publishing).resolves.toMatchObject({ id: hub.position })
    await hub.publish('news', 'next')
    expect([notes(), await events()]).toEqual([['hello'], ['hello', 'next']])
  })

  it('failed by the hub: rolled back with the error', async () => {
    const { broker, hub, notes, store } = createApp()
    await hub.ready
    expect(broker.openTransaction).toBeUndefined()
    const reason = new Error('refused')
    const work = () => {
      store('hello')
      broker.openTransaction?.fail(reason)
    }
    expect(() => broker.transaction(work)).toThrow(reason)
    expect(notes()).toEqual([])
    expect(broker.openTransaction).toBeUndefined()
  })

  it('before the broker has started, and after it was closed', async () => {
    const broker = createSqliteBroker(newFile())
    expect(() => broker.transaction(() => {})).toThrow(expect.objectContaining({ code: 'not-ready' }))
    await broker.close()
    expect(() => broker.transaction(() => {})).toThrow(expect.objectContaining({ code: 'closed' }))
  })
})

describe('while the app has a transaction of its own open', () => {
  it('a publish waits for its end, whatever that is', async () => {
    const { broker, hub, database, notes, events, store } = createApp()
    await hub.ready
    database.exec('BEGIN')
    store('own')
    let settled = false
    const publishing = hub.publish('news', 'x').finally(() => {
      settled = true
    })
    await turns(20)
    expect(settled).toBe(false)
    database.exec('ROLLBACK')
    await publishing
    expect([notes(), await events()]).toEqual([[], ['x']])
    expect(broker.openTransaction).toBeUndefined()
  })

  it('a publish that has waited too long rejects, and later ones are written when it has ended', async () => {
    const database = new DatabaseSync(newFile())
    onTestFinished(() => database.close())
    const { broker, recorder } = await startBroker(database, { busyTimeout: 30 })
    database.exec('BEGIN')
    await expect(broker.publish(['news'], { data: 'x' })).rejects.toMatchObject({ code: 'log-locked' })
    expect(recorder.states).toEqual(['up', 'down'])
    database.exec('COMMIT')
    await broker.publish(['news'], { data: 'y' })
    expect([recorder.texts, recorder.states]).toEqual([['y'], ['up', 'down', 'up']])
  })
})
