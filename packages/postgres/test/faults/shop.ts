/**
 * A process of an app whose transactions publish, until it is killed: `node shop.ts <port> <schema> <name>`. Each order is a row and an event with
 * the same text. `items` is therefore the list of what must be delivered.
 */
import { createHub } from '@sse/core'
import pg from 'pg'
import { createPostgresBroker } from '../../src/index.ts'

const [port = '', schema = '', name = ''] = process.argv.slice(2)
const pool = new pg.Pool({
  host: '127.0.0.1',
  port: Number(port),
  user: 'postgres',
  database: 'postgres',
  max: 12,
})
const hub = createHub({ broker: createPostgresBroker({ pool, schema, timeout: 1_000 }), onError: () => {} })
await hub.ready

const isolations = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const
const below = (count: number) => Math.floor(Math.random() * count)
const pick = <T>(from: readonly T[]): T => from[below(from.length)]!

/** One transaction, which may roll back, end by a two-phase commit, or be cut off. */
async function order(item: string): Promise<void> {
  const client = await pool.connect()
  client.on('error', () => {})
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${pick(isolations)}`)
    const publish = async (text: string) => {
      await client.query('INSERT INTO items VALUES ($1)', [text])
      const key = below(3) === 0 ? { idempotencyKey: text } : {}
      await hub.publish('news', text, { event: 'tick', transaction: client, ...key })
    }
    if (below(2)) await publish(`${item} first`)
    if (below(3) === 0) {
      await client.query('SAVEPOINT one')
      await publish(`${item} in savepoint`)
      await client.query(pick(['ROLLBACK TO one', 'RELEASE one']))
    }
    await new Promise((resolve) => setTimeout(resolve, pick([0, 2, 5, 5, 200])))
    await publish(`${item} last`)
    const end = below(10)
    if (end === 0) await client.query('ROLLBACK')
    else if (end === 1) {
      await client.query(`PREPARE TRANSACTION '${item}'`)
      await new Promise((resolve) => setTimeout(resolve, below(50)))
      await client.query(pick([`COMMIT PREPARED '${item}'`, `ROLLBACK PREPARED '${item}'`]))
    } else await client.query('COMMIT')
    client.release()
  } catch {
    client.release(true)
  }
}

let count = 0
async function work(worker: number): Promise<never> {
  for (;;) {
    const item = `${name}.${worker}.${count++}`
    if (below(4) > 0) await order(item).catch(() => {})
    else {
      // Published without a transaction: it is told what was acknowledged.
      const text = `${item} direct`
      const key = below(2) ? { idempotencyKey: text } : {}
      await hub.publish('news', text, { event: 'tick', ...key }).then(
        () => console.log(`acknowledged ${text}`),
        () => {},
      )
    }
  }
}
console.log('ready')
await Promise.all(Array.from({ length: 8 }, (_, worker) => work(worker)))
