/** Storing and publishing are one step here, whatever the log is: the only seam between the app's data and its events. */
import type { Payload, SchemaInputs } from '@sse/express'
import type { SqliteBroker } from '@sse/sqlite'
import type { eventSchemas, Recipient } from '../shared/schemas.ts'
import type { NotificationHub } from './hub.ts'

type Events = SchemaInputs<typeof eventSchemas>

/** What a change of the data may do beside changing it. */
export interface Change {
  /** Tells the streams on this channel, if the change comes to be. */
  publish<N extends keyof Events>(
    channel: Recipient,
    data: Payload<Events, N>,
    options: { readonly event: N },
  ): void
}

/**
 * Runs a change of the data, synchronously and in one transaction, and publishes what it says: both, or neither. Resolves with what it
 * returns once both are safe.
 *
 * @throws (rejected) what the change throws, and what one of its publishes was refused for; nothing is stored then
 */
export type PublishWith = <T>(
  change: (tx: Change) => T & (T extends PromiseLike<unknown> ? never : unknown),
) => Promise<T>

/** The log is in the same database as the data: one commit has both. */
export function publishInTransaction(hub: NotificationHub, broker: SqliteBroker): PublishWith {
  return async (change) => {
    const published: Promise<unknown>[] = []
    const tx: Change = {
      publish(channel, data, options) {
        published.push(hub.publish(channel, data, options))
      },
    }
    try {
      const result = broker.transaction(() => change(tx))
      await Promise.all(published)
      return result
    } catch (error) {
      // They failed with the transaction, whose error says why: nobody needs to hear it from each of them.
      await Promise.allSettled(published)
      throw error
    }
  }
}
