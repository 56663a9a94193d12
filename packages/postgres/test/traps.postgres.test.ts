import { createHub } from '@sse/core'
import { startRecorded, startTcpProxy, until } from '@sse/testbed'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createPostgresBroker, postgresSchema } from '../src/index.ts'
import { brokerOn, startBroker } from './kit/broker.ts'
import { type PostgresServer, run, startPostgres, startReplica } from './kit/postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

let logs = 0
const newSchema = () => `traps${logs++}`

/** A transaction of the test, with what ends it. */
async function begin(options = '', database = 'postgres'): Promise<pg.PoolClient> {
  const client = await server.pool(database).connect()
  let released = false
  onTestFinished(() => {
    if (!released) client.release(true)
    released = true
  })
  await client.query(`BEGIN ${options}`)
  return client
}

/** Whether a statement of this kind waits for another transaction. */
const waits = async (query: string) =>
  (
    await server.query(
      `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%${query}%'`,
    )
  ).length > 0

// An `error` event of a client without a listener would end the process, and makes this test fail.
it('a transaction whose connection PostgreSQL ends fails, and does not end the process', async () => {
  const pool = new pg.Pool(server.config())
  onTestFinished(() => pool.end())
  const broker = createPostgresBroker({ pool, schema: newSchema() })
  onTestFinished(() => broker.close())
  await startRecorded(broker)
  const client = await pool.connect()
  onTestFinished(() => client.release(true))
  await client.query('BEGIN')
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const ended = new Promise((resolve) => client.once('end', resolve))
  await server.query(`SELECT pg_terminate_backend(${rows[0]!.pid})`)
  await ended
  await expect(client.query('COMMIT')).rejects.toThrow()
})

describe('an idempotency key', () => {
  it('that an open transaction has used makes the next transaction wait, and then repeat it', async () => {
    const { broker, recorder } = await startBroker(server, { schema: newSchema() })
    const publish = (client: object) =>
      broker.publishIn!(client, ['a'], { data: 'x' }, { idempotencyKey: 'k' })
    const [one, other] = [await begin(), await begin()]
    const first = await publish(one)
    const second = publish(other)
    await until(() => waits('enqueue'))
    await one.query('COMMIT')
    expect(await second).toEqual({ receipt: first.receipt, duplicate: true })
    await other.query('COMMIT')
    const id = await broker.idOf!(first.receipt)
    expect(await broker.publish(['a'], { data: 'x' }, { idempotencyKey: 'k' })).toEqual({
      id,
      duplicate: true,
    })
    await until(() => recorder.received.length === 1)
  })

  it('is free again after a rollback', async () => {
    const { broker } = await startBroker(server, { schema: newSchema() })
    const publish = (client: object) =>
      broker.publishIn!(client, ['a'], { data: 'x' }, { idempotencyKey: 'k' })
    const [one, other] = [await begin(), await begin()]
    await publish(one)
    const second = publish(other)
    await until(() => waits('enqueue'))
    await one.query('ROLLBACK')
    const { receipt, duplicate } = await second
    expect(duplicate).toBe(false)
    await other.query('COMMIT')
    await broker.idOf!(receipt)
  })

  it('of an open transaction makes only the publish with this key wait', async () => {
    const { broker, recorder } = await startBroker(server, { schema: newSchema() })
    const open = await begin()
    const { receipt } = await broker.publishIn!(open, ['a'], { data: 'in it' }, { idempotencyKey: 'k' })
    const waiting = broker.publish(['a'], { data: 'in it' }, { idempotencyKey: 'k' })
    const others = Array.from({ length: 5 }, (_, n) =>
      broker.publish(['a'], { data: `${n}` }, { idempotencyKey: `${n}` }),
    )
    await broker.publish(['a'], { data: 'without a key' })
    await Promise.all(others)
    await open.query('COMMIT')
    const { id, duplicate } = await waiting
    expect([id, duplicate]).toEqual([await broker.idOf!(receipt), true])
    await until(() => recorder.received.length === 7)
  })

  it('of a publish without a transaction is known in a transaction, whose receipt leads to its id', async () => {
    const { broker } = await startBroker(server, { schema: newSchema() })
    const { id } = await broker.publish(['a'], { data: 'x' }, { idempotencyKey: '\0' })
    const client = await begin()
    const { receipt, duplicate } = await broker.publishIn!(
      client,
      ['a'],
      { data: 'x' },
      { idempotencyKey: '\0' },
    )
    await client.query('COMMIT')
    expect(duplicate).toBe(true)
    expect(await broker.idOf!(receipt)).toBe(id)
  })
})

describe('a transaction that stays open', () => {
  it.each([
    ['in this database, having published', 'postgres'],
    ['in another database', 'other'],
  ])('%s delays nothing', async (_, database) => {
    if (database !== 'postgres') await server.query(`CREATE DATABASE ${database}`)
    const schema = newSchema()
    const { broker, recorder } = await startBroker(server, { schema })
    const open = await begin('ISOLATION LEVEL REPEATABLE READ', database)
    await open.query('CREATE TABLE held (x integer)')
    const held = database === 'postgres' && (await broker.publishIn!(open, ['a'], { data: 'held' }))
    const client = await begin()
    const { receipt } = await broker.publishIn!(client, ['a'], { data: 'of a transaction' })
    await client.query('COMMIT')
    await broker.idOf!(receipt)
    await broker.publish(['a'], { data: 'direct' })
    await until(() => recorder.received.length === 2)
    await open.query('COMMIT')
    if (held) await broker.idOf!(held.receipt)
    await until(() => recorder.received.length === (held ? 3 : 2))
    expect(recorder.texts).toEqual(['of a transaction', 'direct', ...(held ? ['held'] : [])])
  })

  it('and has published is found although its process has ended', async () => {
    const schema = newSchema()
    const { broker: reader, recorder } = await startBroker(server, { schema })
    const ended = await startBroker(server, { schema })
    // A hub signals all the time.
    let isSignalling = true
    const signals = (async () => {
      for (let n = 0; isSignalling; n++) await reader.signal(`${n}`)
    })()
    const client = await begin()
    await ended.broker.publishIn!(client, ['a'], { data: 'x' })
    await ended.broker.close()
    await client.query('COMMIT')
    await until(() => recorder.texts.includes('x'))
    isSignalling = false
    await signals
  })

  it('and is prepared is in the log when it is committed', async () => {
    const { broker, recorder } = await startBroker(server, { schema: newSchema() })
    const client = await begin()
    const { receipt } = await broker.publishIn!(client, ['a'], { data: 'prepared' })
    await client.query("PREPARE TRANSACTION 'two phases'")
    await broker.publish(['a'], { data: 'between' })
    await server.query("COMMIT PREPARED 'two phases'")
    await broker.idOf!(receipt)
    await until(() => recorder.received.length === 2)
    expect(recorder.texts).toEqual(['between', 'prepared'])
  })
})

describe('the server', () => {
  it('that has READ COMMITTED not as its default is refused with the way out', async () => {
    const pool = new pg.Pool({ ...server.config(), options: '-c default_transaction_isolation=serializable' })
    onTestFinished(() => pool.end())
    await expect(startBrokerOn(pool)).rejects.toMatchObject({
      code: 'log-failed',
      message: expect.stringContaining('READ COMMITTED'),
    })
  })

  it('may lag behind as a replica: that is no gap', async () => {
    const schema = newSchema()
    const proxy = await startTcpProxy(server.port)
    const { broker, recorder } = await startBroker(server, { schema, port: proxy.port })
    onTestFinished(() => proxy.close())
    const replica = await startReplica(server)
    onTestFinished(() => replica.stop())
    await until(
      async () =>
        (await replica.query(`SELECT to_regclass('${schema}.entries') AS found`))[0]?.['found'] !== null,
    )
    await replica.stopFollowing()
    await broker.publish(['a'], { data: 'before' })
    await until(() => recorder.received.length === 1)
    proxy.turn(replica.port)
    await until(() => recorder.states.at(-1) === 'down')
    await expect(
      broker.read(recorder.received[0]!.id, { limit: 1, signal: new AbortController().signal }),
    ).rejects.toMatchObject({ code: 'log-read-only' })
    proxy.turn(server.port)
    await until(() => recorder.states.at(-1) === 'up')
    await broker.publish(['a'], { data: 'after' })
    await until(() => recorder.received.length === 2)
    expect(recorder.breaks).toEqual([])
  })

  it('may be one that has begun fewer transactions than the log has seen', async () => {
    const schema = newSchema()
    const { broker } = await startBroker(server, { schema })
    await broker.publish(['a'], { data: 'kept' })
    await server.query(
      'DO $$ BEGIN FOR n IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$',
    )
    await broker.publish(['a'], { data: 'newest' })
    // It has no position when the dump is made.
    await server.query(
      `INSERT INTO ${schema}.outbox (nonce, header, data) VALUES ('0123456789ab', '[["a"],null]', 'unsequenced')`,
    )
    const restored = await startPostgres()
    onTestFinished(() => restored.stop())
    const file = `${restored.directory}/dump.sql`
    const address = (port: number) => [
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      'postgres',
      '-d',
      'postgres',
    ]
    run('pg_dump', [...address(server.port), '-n', schema, '-f', file])
    run('psql', [...address(restored.port), '-q', '-v', 'ON_ERROR_STOP=1', '-f', file])
    const next = await startBroker(restored, { schema })
    const client = await restored.pool().connect()
    await client.query('BEGIN')
    const { receipt } = await next.broker.publishIn!(client, ['a'], { data: 'of the new server' })
    await client.query('COMMIT')
    client.release()
    await next.broker.idOf!(receipt)
    const texts = () => [...next.tail.map(({ data }) => data), ...next.recorder.texts]
    // The old server may have given it a position before the dump.
    await until(() => texts().length === 4)
    expect(texts().slice(0, 2)).toEqual(['kept', 'newest'])
    expect(texts().slice(2).sort()).toEqual(['of the new server', 'unsequenced'])
  })

  it('that ends the connection that listens loses no event, and the broker listens again', async () => {
    const schema = newSchema()
    const options = { schema, poll: { listening: 3_600_000, polling: 20 } }
    const [one, other] = [await startBroker(server, options), await startBroker(server, options)]
    for (let n = 0; n < 3; n++) {
      const listening = `SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN "${schema}"'`
      await until(async () => (await server.query(listening)).length === 2)
      await server.query(`SELECT pg_terminate_backend(pid) FROM (${listening}) l`)
      const { id } = await one.broker.publish(['a'], { data: `${n}` })
      await until(() => other.recorder.received.at(-1)?.id === id)
    }
    expect(other.recorder.breaks).toEqual([])
  })
})

describe('the tables', () => {
  it('are not made by a broker that may not, whose error names the way', async () => {
    const schema = newSchema()
    const broker = brokerOn(server, { schema, migrate: false })
    const receiver = { entries() {}, discontinuity() {}, health() {}, signal() {} }
    await expect(broker.start(receiver)).rejects.toMatchObject({
      code: 'log-gone',
      message: expect.stringContaining('postgresSchema()'),
    })
    await server.query(postgresSchema(schema))
    await server.query(postgresSchema(schema))
    await broker.start(receiver)
    await broker.publish(['a'], { data: 'x' })
  })

  it('serve a role that may only use them', async () => {
    const schema = newSchema()
    await server.query(postgresSchema(schema))
    await server.query(
      `CREATE ROLE app LOGIN; GRANT USAGE ON SCHEMA ${schema} TO app; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO app; GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO app`,
    )
    const pool = new pg.Pool({ ...server.config(), user: 'app' })
    onTestFinished(() => pool.end())
    const { broker, recorder } = await startBrokerOn(pool, schema)
    const client = await pool.connect()
    await client.query('BEGIN')
    await broker.publishIn!(client, ['a'], { data: 'x' }, { idempotencyKey: 'k', record: 'r' })
    await client.query('COMMIT')
    client.release()
    await broker.publish(['a'], { data: 'y' }, { idempotencyKey: 'l', record: 'r' })
    await broker.signal('signal')
    await until(() => recorder.received.length === 2 && recorder.signals.length === 1)
  })
})

it('a start while PostgreSQL is away leaves nothing behind, and the hub starts the broker again', async () => {
  const proxy = await startTcpProxy(server.port)
  onTestFinished(() => proxy.close())
  proxy.cut()
  const pool = new pg.Pool(server.config('postgres', proxy.port))
  onTestFinished(() => pool.end())
  const errors: unknown[] = []
  const broker = createPostgresBroker({ pool, schema: newSchema() })
  const hub = createHub({ broker, onError: (error) => errors.push(error) })
  onTestFinished(() => hub.close())
  await until(() => errors.length > 0)
  expect(errors[0]).toMatchObject({ code: 'log-unreachable' })
  await until(() => pool.listenerCount('error') === 0)
  proxy.mend()
  await hub.ready
  await hub.publish('a', 'x')
})

it('connections that hang while they are opened keep no place in a pool with connectionTimeoutMillis', async () => {
  const proxy = await startTcpProxy(server.port)
  onTestFinished(() => proxy.close())
  proxy.freeze()
  const pool = new pg.Pool({
    ...server.config('postgres', proxy.port),
    max: 2,
    connectionTimeoutMillis: 200,
  })
  onTestFinished(() => pool.end())
  const broker = createPostgresBroker({ pool, schema: newSchema(), timeout: 2_000 })
  const hub = createHub({ broker, onError: () => {} })
  onTestFinished(() => hub.close())
  await until(() => proxy.accepted >= 2)
  // Only new connections pass from now on.
  proxy.mend({ held: false })
  await hub.ready
  await hub.publish('a', 'x')
})

it('closing leaves no connection of its own, no transaction and no listener', async () => {
  const pool = new pg.Pool({ ...server.config(), application_name: 'closing' })
  const hub = createHub({ broker: createPostgresBroker({ pool, schema: newSchema() }) })
  await hub.ready
  await hub.publish('a', 'x')
  const client = await begin()
  await hub.publish('a', 'open', { transaction: client })
  await hub.close()
  await client.query('COMMIT')
  expect(pool.listenerCount('error')).toBe(0)
  expect(pool.totalCount).toBe(pool.idleCount)
  await pool.end()
  await until(
    async () =>
      (await server.query("SELECT FROM pg_stat_activity WHERE application_name = 'closing'")).length === 0,
  )
})

async function startBrokerOn(pool: pg.Pool, schema = newSchema()) {
  const broker = createPostgresBroker({ pool, schema })
  const { startRecorded } = await import('@sse/testbed')
  return startRecorded(broker)
}
