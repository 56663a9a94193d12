import { isLong, until } from '@sse/testbed'
import pg from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { startBroker } from './kit/broker.ts'
import { conformanceOn } from './kit/conformance.ts'
import { startPgBouncer } from './kit/pgbouncer.ts'
import { type PostgresServer, startPostgres } from './kit/postgres-server.ts'

let server: PostgresServer
let pooler: Awaited<ReturnType<typeof startPgBouncer>>
beforeAll(async () => {
  server = await startPostgres()
  pooler = await startPgBouncer(server)
})
afterAll(async () => {
  await pooler.stop()
  await server.stop()
})

/** An hour: nothing is found by a regular look. */
const never = 3_600_000

it('behind PgBouncer in transaction mode, which drops LISTEN in silence, the brokers poll', async () => {
  const options = { schema: 'polled', port: pooler.port, poll: { listening: never, polling: 20 } }
  const [one, other] = [await startBroker(server, options), await startBroker(server, options)]
  for (const text of ['1', '2', '3']) {
    const { id } = await one.broker.publish(['a'], { data: text })
    await other.broker.signal(text)
    for (const { recorder } of [one, other])
      await until(() => recorder.received.at(-1)?.id === id && recorder.signals.at(-1) === text)
  }
  for (const { recorder } of [one, other]) expect(recorder.breaks).toEqual([])
})

it('a pool of direct connections listens beside it', async () => {
  const direct = () => {
    const pool = new pg.Pool(server.config())
    onTestFinished(() => pool.end())
    return pool
  }
  const start = () =>
    startBroker(server, {
      schema: 'direct',
      port: pooler.port,
      listen: direct(),
      poll: { listening: never, polling: never },
    })
  const [one, other] = [await start(), await start()]
  const listening = async () =>
    (await server.query(`SELECT FROM pg_stat_activity WHERE query = 'LISTEN "direct"'`)).length
  await until(async () => (await listening()) === 2)
  for (let n = 0; n < 20; n++) {
    const { id } = await one.broker.publish(['a'], { data: `${n}` })
    await until(() => other.recorder.received.at(-1)?.id === id)
  }
})

if (isLong)
  conformanceOn('the PostgreSQL broker behind PgBouncer in transaction mode', {
    portOf: startPgBouncer,
    options: { poll: { polling: 20 } },
  })
