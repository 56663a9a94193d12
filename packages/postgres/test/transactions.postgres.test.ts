import { createHub, type Hub } from '@sse/core'
import { until } from '@sse/testbed'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createPostgresBroker } from '../src/index.ts'
import { startBroker } from './kit/broker.ts'
import { type PostgresServer, startPostgres } from './kit/postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
  await server.query('CREATE TABLE orders (item text)')
})
afterAll(() => server.stop())
beforeEach(() => server.query('TRUNCATE orders'))

async function createApp(schema: string): Promise<{ hub: Hub; pool: pg.Pool }> {
  const pool = new pg.Pool(server.config())
  const hub = createHub({
    broker: createPostgresBroker({ pool, schema }),
    channel: () => ({ records: true }),
  })
  onTestFinished(async () => {
    await hub.close()
    await pool.end()
  })
  await hub.ready
  return { hub, pool }
}

/** A transaction that the test ends. */
async function begin(pool: pg.Pool, isolation = 'READ COMMITTED'): Promise<pg.PoolClient> {
  const client = await pool.connect()
  onTestFinished(() => client.release(true))
  await client.query(`BEGIN ISOLATION LEVEL ${isolation}`)
  return client
}

describe.each(['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])('a transaction in %s', (isolation) => {
  const schema = isolation.toLowerCase().replace(' ', '_')

  it('has its event if it commits, and not if it rolls back or rolls back to a savepoint', async () => {
    const { hub, pool } = await createApp(schema)
    const { recorder } = await startBroker(server, { schema })
    const order = async (item: string, end: string) => {
      const client = await begin(pool, isolation)
      await client.query('INSERT INTO orders VALUES ($1)', [item])
      await client.query('SAVEPOINT before')
      const { receipt, duplicate } = await hub.publish(
        'orders',
        { item },
        { event: 'order', transaction: client },
      )
      expect(duplicate).toBe(false)
      await client.query(end)
      if (end !== 'COMMIT' && end !== 'ROLLBACK') await client.query('COMMIT')
      return receipt
    }
    const [committed, rolledBack, toSavepoint] = [
      await order('a', 'COMMIT'),
      await order('b', 'ROLLBACK'),
      await order('c', 'ROLLBACK TO before'),
    ]
    const id = await hub.idOf(committed)
    for (const receipt of [rolledBack, toSavepoint])
      await expect(hub.idOf(receipt)).rejects.toMatchObject({ code: 'rolled-back' })
    await hub.publish('orders', 'the end')
    await until(() => recorder.texts.includes('the end'))
    expect(recorder.received.map((one) => one.data)).toEqual(['{"item":"a"}', 'the end'])
    expect(recorder.received[0]).toMatchObject({ id, event: 'order', channels: ['orders'] })
    expect(await server.query('SELECT item FROM orders ORDER BY item')).toEqual([
      { item: 'a' },
      { item: 'c' },
    ])
  })
})
