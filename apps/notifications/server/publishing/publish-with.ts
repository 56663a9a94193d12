/** Storing and publishing are one step here, whatever the log is: the only seam between the app's data and its events. */
import type { Payload, SchemaInputs } from '@sse/express'
import type { eventSchemas, Recipient } from '../../shared/schemas.ts'
import type { Work } from '../database/work.ts'

type Events = SchemaInputs<typeof eventSchemas>

/** What a change of the data may do beside changing it. */
export interface Change {
  /**
   * Tells the streams on this channel, if the change comes to be. Resolves with the id of the event once it is in the log; with `undefined`
   * where it gets there later, or not at all. Never rejects.
   */
  publish<N extends keyof Events>(
    channel: Recipient,
    data: Payload<Events, N>,
    options: { readonly event: N },
  ): Promise<string | undefined>
}

/**
 * Makes a change of the data in one transaction, and publishes what it says: both, or neither. Resolves with what it returns once both are safe.
 *
 * @throws (rejected) what the change throws, and what one of its publishes was refused for; nothing is stored then
 */
export type PublishWith = <T>(change: (tx: Change) => Work<T>) => Promise<T>
