import { isLong, until } from '@sse/testbed'
import { reconnectStorm } from '@sse/testbed/deliveries'
import { startSseServer } from '@sse/testbed/sse-server'
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { createPostgresBroker } from '../../src/index.ts'
import { startPostgres } from '../kit/postgres-server.ts'

const clients = isLong ? 2_000 : 300
const events = 200

it(`${clients} clients that return within the window cost no query`, async () => {
  const postgres = await startPostgres()
  onTestFinished(() => postgres.stop())
  const pool = new pg.Pool(postgres.config())
  onTestFinished(() => pool.end())
  const server = await startSseServer({ hub: { broker: createPostgresBroker({ pool }) } })
  await server.hub.ready
  const ids: string[] = []
  for (let n = 0; n < events; n++) ids.push((await server.hub.publish('news', `${n}`)).id)
  await until(() => server.hub.position === ids.at(-1))

  const queries: string[] = []
  const query = pool.query.bind(pool) as (config: { text: string }) => Promise<unknown>
  pool.query = ((config: { text: string }) => {
    queries.push(config.text)
    return query(config)
  }) as typeof pool.query
  await reconnectStorm({ url: server.url, ids, clients })
  // Without clients too the process looks at the end of the log, signals, and checks that notifications arrive.
  const head = ids.at(-1)!.split('-')[1]
  const regular = [`position >= ${head} `, '.append(', '.signals', '.signal(', 'pg_notify', '.trim(']
  expect(queries.filter((text) => !regular.some((part) => text.includes(part)))).toEqual([])
  await until(() => queries.length > 0)
}, 180_000)
