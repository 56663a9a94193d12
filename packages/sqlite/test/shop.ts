/** The shop of `deploy-server.ts`: its orders and its log in one file. */
import { DatabaseSync } from 'node:sqlite'
import type { Shop } from '@sse/testbed/deploy-server'
import { createSqliteBroker } from '../src/index.ts'

export default function createShop(path = ''): Shop {
  const database = new DatabaseSync(path, { timeout: 5_000 })
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('CREATE TABLE IF NOT EXISTS orders (text TEXT PRIMARY KEY) STRICT')
  const insert = database.prepare('INSERT INTO orders VALUES (?) ON CONFLICT DO NOTHING')
  const broker = createSqliteBroker(database)
  return {
    broker,
    store: (order) => void insert.run(order),
    together: (work) => broker.transaction(work),
    close: () => database.close(),
  }
}

/** All orders that a file holds. */
export function storedIn(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return database
      .prepare('SELECT text FROM orders')
      .all()
      .map(({ text }) => String(text))
  } finally {
    database.close()
  }
}
