import type { Pool } from 'pg'
import { doWorkIn, inTransaction } from '../database/postgres.ts'
import type { NotificationHub } from './hub.ts'
import type { Change, PublishWith } from './publish-with.ts'

interface Told {
  /** Publishes it within the transaction, and remembers its receipt. */
  publish(transaction: object): Promise<void>
  receipt?: string
  readonly id: PromiseWithResolvers<string | undefined>
}

/** The log is in the same PostgreSQL as the data, and any node may write: one commit has both, and no outbox of the app's own is needed. */
export function publishInPostgres(pool: Pool, hub: NotificationHub): PublishWith {
  return async (change) => {
    const all: Told[] = []
    const tx: Change = {
      publish(channel, data, { event }) {
        const told: Told = {
          id: Promise.withResolvers(),
          async publish(transaction) {
            const options = { event: event as never, transaction }
            told.receipt = (await hub.publish(channel, data as never, options)).receipt
          },
        }
        all.push(told)
        return told.id.promise
      },
    }
    try {
      return await inTransaction(pool, async (transaction) => {
        const result = await doWorkIn(transaction, change(tx))
        for (const told of all) await told.publish(transaction)
        return result
      })
    } finally {
      for (const { id, receipt } of all)
        id.resolve(receipt === undefined ? undefined : hub.idOf(receipt).catch(() => undefined))
    }
  }
}
