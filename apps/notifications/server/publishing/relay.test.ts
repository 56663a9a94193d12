import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SseError } from '@sse/express'
import { until } from '@sse/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOutbox, type Outbox, type OutboxRow, outboxTables } from './outbox.ts'
import { type Relay, startRelay } from './relay.ts'

describe('the relay', () => {
  const relays: Relay[] = []
  const databases: DatabaseSync[] = []
  let folder: string
  let errors: unknown[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outbox-'))
    errors = []
    open().exec(outboxTables)
  })
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.close()))
    for (const database of databases.splice(0)) database.close()
    rmSync(folder, { recursive: true })
  })

  /** Another connection to the same file, as another process has it. */
  function open(): DatabaseSync {
    const database = new DatabaseSync(join(folder, 'test.sqlite'), { timeout: 5000 })
    database.exec('PRAGMA journal_mode = WAL')
    databases.push(database)
    return database
  }

  function start(outbox: Outbox, publish: (row: OutboxRow) => Promise<unknown>): Relay {
    const relay = startRelay({ outbox, publish, onError: (error) => errors.push(error) })
    relays.push(relay)
    return relay
  }

  const fill = (outbox: Outbox, count: number) => {
    for (let n = 0; n < count; n++) outbox.add('all', 'read', { n })
  }

  it('publishes in the order of the commits, and leaves nothing behind', async () => {
    const outbox = createOutbox(open())
    const published: unknown[] = []
    fill(outbox, 3)
    const relay = start(outbox, async ({ data }) => published.push(data))
    await until(() => published.length === 3)
    outbox.add('all', 'read', { n: 3 })
    relay.wake()
    await until(() => !outbox.next())
    expect(published).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }])
    expect(errors).toEqual([])
  })

  it('tries again with the same key until the log can be reached', async () => {
    const outbox = createOutbox(open())
    const keys: string[] = []
    fill(outbox, 2)
    start(outbox, async ({ key }) => {
      keys.push(key)
      if (keys.length === 1) throw new SseError('log-unreachable', 'gone')
    })
    await until(() => !outbox.next())
    expect(keys).toHaveLength(3)
    expect(keys[1]).toBe(keys[0])
    expect(keys[2]).not.toBe(keys[0])
    expect(errors).toMatchObject([{ code: 'log-unreachable' }])
  })

  it('puts aside what can never be published, and says why', async () => {
    const database = open()
    const outbox = createOutbox(database)
    const published: unknown[] = []
    fill(outbox, 2)
    start(outbox, async ({ data }) => {
      if (published.length === 0) {
        published.push('refused')
        throw new SseError('event-too-large', 'far too large')
      }
      published.push(data)
    })
    await until(() => !outbox.next())
    expect(published).toEqual(['refused', { n: 1 }])
    expect(database.prepare('SELECT data, refused FROM outbox').all()).toEqual([
      { data: '{"n":0}', refused: 'far too large' },
    ])
  })

  it('is one at a time over all processes, and none is published twice', async () => {
    const outboxes = [createOutbox(open()), createOutbox(open()), createOutbox(open())]
    const published: number[] = []
    let under = 0
    let together = 0
    fill(outboxes[0]!, 60)
    for (const outbox of outboxes) {
      start(outbox, async ({ data }) => {
        together = Math.max(together, ++under)
        await new Promise((resolve) => setImmediate(resolve))
        published.push((data as { n: number }).n)
        under--
      })
    }
    await until(() => !outboxes[0]!.next())
    expect(together).toBe(1)
    expect(published).toEqual(Array.from({ length: 60 }, (_, n) => n))
  })

  it('takes over from a process that ended without letting go', async () => {
    let time = Date.now()
    const dead = createOutbox(open(), () => time)
    fill(dead, 1)
    expect(dead.take('a process that was killed', 10_000)).toBe(true)
    const outbox = createOutbox(open(), () => time)
    const published: unknown[] = []
    start(outbox, async ({ data }) => published.push(data))
    expect(outbox.take('somebody', 10_000)).toBe(false)
    expect(published).toEqual([])
    time += 10_000
    await until(() => published.length === 1)
  })
})
