/** What is asked of every process at once. Processes that share a log share the database too, and by that they tell each other. */
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import * as v from 'valibot'

const orderSchema = v.variant('what', [
  v.object({ what: v.literal('cut'), session: v.string() }),
  v.object({ what: v.literal('stall'), session: v.string(), seconds: v.number() }),
  v.object({ what: v.literal('refuse'), session: v.string(), seconds: v.number() }),
  v.object({ what: v.literal('drain'), seconds: v.number() }),
])
export type Order = v.InferOutput<typeof orderSchema>

export interface Orders {
  /** Carried out here at once, and by the other processes when they look. */
  give(order: Order): void
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
export function createOrders(database: DatabaseSync, carryOut: (order: Order) => void): Orders {
  const self = randomUUID()
  const insert = database.prepare('INSERT INTO orders (giver, given_at, text) VALUES (?, ?, ?)')
  const forget = database.prepare('DELETE FROM orders WHERE given_at < ?')
  const newest = database.prepare(
    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'orders'), 0) AS id",
  )
  const since = database.prepare('SELECT id, giver, text FROM orders WHERE id > ? ORDER BY id')
  let last = Number(newest.get()?.['id'])

  const timer = setInterval(() => {
    if (!database.isOpen) return clearInterval(timer)
    for (const { id, giver, text } of since.all(last)) {
      last = Number(id)
      if (giver !== self) carryOut(v.parse(orderSchema, JSON.parse(String(text))))
    }
  }, look).unref()

  return {
    give(order) {
      carryOut(order)
      forget.run(Date.now() - kept)
      insert.run(self, Date.now(), JSON.stringify(order))
    },
  }
}
