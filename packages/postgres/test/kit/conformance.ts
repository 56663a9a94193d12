import type { Broker } from '@sse/core'
import { brokerConformance } from '@sse/core/testing'
import { startTcpProxy, type TcpProxy, until } from '@sse/testbed'
import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createPostgresBroker, type PostgresBrokerOptions, postgresSchema } from '../../src/index.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

interface Connected {
  readonly proxy: TcpProxy
  readonly pool: pg.Pool
  /** The position that the broker has delivered; `undefined` while it cannot deliver. */
  delivered: bigint | undefined
}

interface Log {
  readonly schema: string
  readonly connected: Map<Broker, Connected>
}

let logs = 0

export interface ConformanceSetting {
  /** The port of the server, or of a pooler in front of it. */
  readonly portOf?: (server: PostgresServer) => Promise<{ readonly port: number; stop(): Promise<unknown> }>
  readonly options?: Partial<PostgresBrokerOptions>
}

/** Runs the conformance suite on a PostgreSQL that nothing else uses. Each log has a database of its own. */
export function conformanceOn(name: string, { portOf, options }: ConformanceSetting = {}): void {
  let server: PostgresServer
  let front: { readonly port: number; stop(): Promise<unknown> } | undefined
  beforeAll(async () => {
    server = await startPostgres()
    front = await portOf?.(server)
  })
  afterAll(async () => {
    await front?.stop()
    await server.stop()
  })

  brokerConformance(
    { describe, it },
    {
      name,
      records: true,
      ended: true,
      limits: true,
      patience: 20_000,
      createLog: async (): Promise<Log> => ({ schema: `log${logs++}`, connected: new Map() }),
      connect: async ({ schema, connected }, records) => {
        const proxy = await startTcpProxy(front?.port ?? server.port)
        const pool = new pg.Pool({ ...server.config('postgres', proxy.port), max: 4 })
        const broker = createPostgresBroker({ pool, schema, timeout: 10_000, records, ...options })
        const one: Connected = { proxy, pool, delivered: undefined }
        connected.set(broker, one)
        return watched(broker, one)
      },
      destroyLog: async ({ connected }) => {
        for (const { proxy, pool } of connected.values()) {
          await pool.end()
          proxy.close()
        }
      },
      advance: async ({ schema }, milliseconds) => {
        const sql = `UPDATE ${schema}.keys SET expires = expires - make_interval(secs => ${milliseconds / 1_000})`
        await server.query(sql)
      },
      // The log trims only old entries, not those that no broker has read.
      trim: async ({ schema, connected }, keep) => {
        const [row] = await server.query(`SELECT max(position)::text AS head FROM ${schema}.entries`)
        const head = BigInt(String(row?.['head']))
        await until(() => [...connected.values()].every(({ delivered = head }) => delivered >= head))
        await server.query(`SELECT * FROM ${schema}.trim(0, ${keep}, '7 days', 10000)`)
      },
      restart: () => {},
      reset: async ({ schema }) => {
        // It locks tables in another order than a broker that reads them meanwhile: PostgreSQL may roll it back.
        await until(async () => {
          await server.query(`DROP SCHEMA ${schema} CASCADE; ${postgresSchema(schema)}`)
          return true
        })
      },
      loseTail: async ({ schema }, count) => {
        const lost = `SELECT position FROM ${schema}.entries WHERE position > 0 ORDER BY position DESC LIMIT ${count}`
        await server.query(
          `DELETE FROM ${schema}.entries WHERE position >= (SELECT min(position) FROM (${lost}) e)`,
        )
      },
      interrupt: ({ connected }, broker) => {
        const one = connected.get(broker)!
        one.delivered = undefined
        one.proxy.cut()
        return () => one.proxy.mend()
      },
    },
  )
}

/** Follows what a broker delivers. */
function watched(broker: Broker, one: Connected): Broker {
  const [start, close] = [broker.start.bind(broker), broker.close.bind(broker)]
  const note = (id: string) => {
    one.delivered = BigInt(id.split('-')[1] ?? '0')
  }
  broker.start = async (receiver) => {
    const started = await start({
      entries: (batch) => {
        receiver.entries(batch)
        note(batch.at(-1)!.id)
      },
      discontinuity: (discontinuity) => receiver.discontinuity(discontinuity),
      health: (state) => receiver.health(state),
      signal: (text) => receiver.signal(text),
    })
    one.delivered ??= 0n
    if (one.delivered === 0n) note(started.head)
    return started
  }
  broker.close = () => {
    one.delivered = undefined
    return close()
  }
  return broker
}
