import type { DatabaseSync } from 'node:sqlite'
import type { SqliteBroker } from '@sse/sqlite'
import { doWork } from '../database/work.ts'
import type { NotificationHub } from './hub.ts'
import type { Change, PublishWith } from './publish-with.ts'

/** The log is in the same database as the data: one commit has both. */
export function publishInTransaction(
  database: DatabaseSync,
  hub: NotificationHub,
  broker: SqliteBroker,
): PublishWith {
  return async (change) => {
    const published: Promise<unknown>[] = []
    const tx: Change = {
      publish(channel, data, options) {
        const publishing = hub.publish(channel, data, options)
        published.push(publishing)
        // Why it failed is told by the change as a whole.
        return publishing.then(
          ({ id }) => id,
          () => undefined,
        )
      },
    }
    try {
      const { result } = broker.transaction(() => ({ result: doWork(database, change(tx)) }))
      await Promise.all(published)
      return result
    } catch (error) {
      // They failed with the transaction, whose error says why: nobody needs to hear it from each of them.
      await Promise.allSettled(published)
      throw error
    }
  }
}
