import type { Pool } from 'pg'
import { doWorkIn, inTransaction } from '../database/postgres.ts'
import type { NotificationHub } from './hub.ts'
import type { Change, PublishWith } from './publish-with.ts'

/** The log is in the same PostgreSQL as the data, and any node may write: one commit has both, and no outbox of the app's own is needed. */
export function publishInPostgres(pool: Pool, hub: NotificationHub): PublishWith {
  return (change) =>
    inTransaction(pool, async (transaction) => {
      const told: (() => Promise<unknown>)[] = []
      const tx: Change = {
        publish(channel, data, { event }) {
          told.push(() => hub.publish(channel, data as never, { event: event as never, transaction }))
        },
      }
      const result = await doWorkIn(transaction, change(tx))
      for (const publish of told) await publish()
      return result
    })
}
