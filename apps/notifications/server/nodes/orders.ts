/** What is asked of every process at once. Processes that share a log share the database too, and by that they tell each other. */
import { randomUUID } from 'node:crypto'
import * as v from 'valibot'
import { all, first, type Run } from '../database/work.ts'

const orderSchema = v.variant('what', [
  v.object({ what: v.literal('cut'), session: v.string() }),
  v.object({ what: v.literal('stall'), session: v.string(), seconds: v.number() }),
  v.object({ what: v.literal('refuse'), session: v.string(), seconds: v.number() }),
  v.object({ what: v.literal('drain'), seconds: v.number() }),
])
export type Order = v.InferOutput<typeof orderSchema>

export interface Orders {
  /** Carried out here at once, and by the other processes when they look. */
  give(order: Order): Promise<void>
}

export const orderTables = `
  CREATE TABLE orders (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    giver    TEXT NOT NULL,
    given_at INTEGER NOT NULL, -- milliseconds since the epoch
    text     TEXT NOT NULL     -- JSON
  ) STRICT;`

/** Milliseconds between two looks. */
const look = 250
/** Milliseconds after which nobody needs to look any more. */
const kept = 60_000

/** @param carryOut called for each order, whichever process was asked */
export function createOrders(run: Run, carryOut: (order: Order) => void): Orders {
  const self = randomUUID()
  /** The newest that was there before this process was, or that it has seen. */
  let last: number | undefined
  let isLooking = false

  async function lookOnce(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      if (last === undefined) {
        const row = await run(first('SELECT coalesce(max(id), 0) AS id FROM orders'))
        last = Number(row?.['id'])
      }
      const sql = 'SELECT id, giver, text FROM orders WHERE id > :last ORDER BY id'
      for (const { id, giver, text } of await run(all(sql, { last }))) {
        last = Number(id)
        if (giver !== self) carryOut(v.parse(orderSchema, JSON.parse(String(text))))
      }
    } catch {
      // The database is away, or closed: the next look finds it, or nobody needs it any more.
    } finally {
      isLooking = false
    }
  }
  void lookOnce()
  setInterval(() => void lookOnce(), look).unref()

  return {
    async give(order) {
      carryOut(order)
      const now = Date.now()
      await run(all('DELETE FROM orders WHERE given_at < :before', { before: now - kept }))
      await run(
        all('INSERT INTO orders (giver, given_at, text) VALUES (:self, :now, :text)', {
          ...{ self, now, text: JSON.stringify(order) },
        }),
      )
    },
  }
}
