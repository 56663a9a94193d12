import { comparePositions, createHub, type Hub } from '@sse/core'
import { until } from '@sse/testbed'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { drizzle as drizzleOfPostgres } from 'drizzle-orm/postgres-js'
import createKnex, { type Knex } from 'knex'
import { CompiledQuery, Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createPostgresBroker, type PostgresDriver, type Queryable } from '../src/index.ts'
import { type PostgresServer, startPostgres } from './kit/postgres-server.ts'
import { createPrismaClient, type PrismaTransaction } from './kit/prisma-client.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
  await server.query('CREATE TABLE orders (item text)')
})
afterAll(() => server.stop())

const url = () => `postgres://postgres@127.0.0.1:${server.port}/postgres`

/** As the README shows them. */
const fromPostgresJs = (tx: postgres.TransactionSql | postgres.Sql): Queryable => ({
  query: (text, params) => tx.unsafe(text, params),
})
const postgresJsDriver = (client: postgres.Sql): PostgresDriver => ({
  ...fromPostgresJs(client),
  // It listens again by itself when its connection is lost.
  listen: async (channel, { notified }) => (await client.listen(channel, notified)).unlisten,
})
const fromKysely = (tx: Transaction<object>): Queryable => ({
  query: (text, params) => tx.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, params)),
})
const fromPrisma = (tx: PrismaTransaction): Queryable => ({
  query: (text, params) => tx.$queryRawUnsafe(text, ...params) as PromiseLike<Record<string, unknown>[]>,
})
const fromKnex = (tx: Knex.Transaction): Queryable => ({
  query: (text, params) => tx.raw(text.replace(/\$\d+/g, '?'), params as string[]),
})

/** Runs the function within a transaction of a driver. */
type InTransaction = (
  run: (transaction: object, insert: (item: string) => PromiseLike<unknown>) => Promise<void>,
) => Promise<unknown>

const drivers: Record<string, () => { inTransaction: InTransaction; close: () => unknown }> = {
  pg: () => {
    const pool = new pg.Pool({ connectionString: url() })
    return {
      inTransaction: async (run) => {
        const client = await pool.connect()
        try {
          await client.query('BEGIN')
          await run(client, (item) => client.query('INSERT INTO orders VALUES ($1)', [item]))
          await client.query('COMMIT')
        } catch (error) {
          await client.query('ROLLBACK')
          throw error
        } finally {
          client.release()
        }
      },
      close: () => pool.end(),
    }
  },
  'postgres.js': () => {
    const client = postgres(url())
    return {
      inTransaction: (run) =>
        client.begin((tx) => run(fromPostgresJs(tx), (item) => tx`INSERT INTO orders VALUES (${item})`)),
      close: () => client.end(),
    }
  },
  'Drizzle on pg': () => {
    const pool = new pg.Pool({ connectionString: url() })
    const db = drizzle(pool)
    return {
      // The client of a transaction of Drizzle is that of the driver.
      inTransaction: (run) =>
        db.transaction((tx) =>
          run(fromDrizzle(tx), (item) => tx.execute(sql`INSERT INTO orders VALUES (${item})`)),
        ),
      close: () => pool.end(),
    }
  },
  'Drizzle on postgres.js': () => {
    const client = postgres(url())
    const db = drizzleOfPostgres(client)
    return {
      inTransaction: (run) =>
        db.transaction((tx) =>
          run(fromDrizzle(tx), (item) => tx.execute(sql`INSERT INTO orders VALUES (${item})`)),
        ),
      close: () => client.end(),
    }
  },
  Kysely: () => {
    const pool = new pg.Pool({ connectionString: url() })
    const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }) })
    return {
      inTransaction: (run) =>
        db
          .transaction()
          .execute((tx) =>
            run(fromKysely(tx), (item) =>
              tx.executeQuery(CompiledQuery.raw('INSERT INTO orders VALUES ($1)', [item])),
            ),
          ),
      close: () => db.destroy(),
    }
  },
  Prisma: () => {
    const prisma = createPrismaClient(url())
    return {
      inTransaction: (run) =>
        prisma.$transaction((tx) =>
          run(fromPrisma(tx), (item) => tx.$executeRawUnsafe('INSERT INTO orders VALUES ($1)', item)),
        ),
      close: () => prisma.$disconnect(),
    }
  },
  Knex: () => {
    const knex = createKnex({ client: 'pg', connection: url() })
    return {
      inTransaction: (run) =>
        knex.transaction((tx) => run(fromKnex(tx), (item) => tx('orders').insert({ item }))),
      close: () => knex.destroy(),
    }
  },
}

interface DrizzleTransaction {
  execute(query: ReturnType<typeof sql>): PromiseLike<unknown>
}

function fromDrizzle(tx: DrizzleTransaction): Queryable {
  return {
    query: (text, params) => {
      const parts = text.split(/\$\d+/).map((part) => sql.raw(part))
      const chunks = parts.flatMap((part, index) =>
        index === 0 ? [part] : [sql`${params[index - 1]}`, part],
      )
      return tx.execute(sql.join(chunks)) as PromiseLike<Record<string, unknown>[]>
    },
  }
}

let logs = 0

async function startHub(pool: pg.Pool | PostgresDriver, schema = `drivers${logs++}`): Promise<Hub> {
  const hub = createHub({
    broker: createPostgresBroker({ pool, schema }),
    channel: () => ({ records: true }),
  })
  onTestFinished(() => hub.close())
  await hub.ready
  return hub
}

async function publishedOn(hub: Hub, schema: string): Promise<string[]> {
  await hub.publish('orders', 'the end')
  const rows = await server.query(
    `SELECT data FROM ${schema}.entries WHERE header LIKE '[["orders"]%' ORDER BY position`,
  )
  return rows.map(({ data }) => String(data)).filter((data) => data !== 'the end')
}

describe.each(Object.keys(drivers))('a transaction of %s', (name) => {
  it('has its event if it commits, and not if it rolls back', async () => {
    const { inTransaction, close } = drivers[name]!()
    onTestFinished(close as () => void)
    const schema = `drivers${logs++}`
    const hub = await startHub(server.pool(), schema)
    await server.query('TRUNCATE orders')
    const receipts: string[] = []
    const order = (item: string, options: object, fails = false) =>
      inTransaction(async (transaction, insert) => {
        await insert(item)
        const { receipt, duplicate } = await hub.publish('orders', `${item} 'quoted' "\\" $1 ? \0`, {
          event: 'order',
          transaction,
          ...options,
        })
        receipts.push(receipt)
        expect(duplicate).toBe(receipts.length === 4)
        if (fails) throw new Error('rolled back')
      })
    await order('a', {})
    await expect(order('b', {}, true)).rejects.toThrow('rolled back')
    await order('c', { record: 'c', idempotencyKey: 'c' })
    await order('c', { idempotencyKey: 'c' })
    const ids = [await hub.idOf(receipts[0]!), await hub.idOf(receipts[2]!), await hub.idOf(receipts[3]!)]
    expect(ids[1]).toBe(ids[2])
    await expect(hub.idOf(receipts[1]!)).rejects.toMatchObject({ code: 'rolled-back' })
    // U+0000 is stored as JSON.
    const text = (item: string) => JSON.stringify(`${item} 'quoted' "\\" $1 ? \0`)
    expect(await publishedOn(hub, schema)).toEqual([text('a'), text('c')])
    expect(await server.query('SELECT item FROM orders ORDER BY item')).toHaveLength(3)
  })
})

it('postgres.js serves as the pool: events, signals and records reach the hubs of both drivers', async () => {
  const client = postgres(url(), { onnotice: () => {} })
  onTestFinished(() => client.end())
  const schema = `drivers${logs++}`
  const [one, other] = [
    await startHub(postgresJsDriver(client), schema),
    await startHub(server.pool(), schema),
  ]
  await until(() => one.stats().hubs === 2 && other.stats().hubs === 2)
  const ids = [
    (await one.publish('a', 'x', { record: 'r' })).id,
    (await other.publish('a', 'y', { record: 'r' })).id,
  ]
  for (const hub of [one, other]) await until(() => hub.position === ids[1])
  expect(comparePositions(ids[0]!, ids[1]!)).toBe(-1)
})
