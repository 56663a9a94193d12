import type { DatabaseSync } from 'node:sqlite'
import * as v from 'valibot'
import { eventSchemas } from '../../shared/schemas.ts'
import { doWork } from '../database/work.ts'
import type { Outbox } from './outbox.ts'
import type { Change, PublishWith } from './publish-with.ts'
import type { Relay } from './relay.ts'

/**
 * The log is elsewhere than the data: one commit has the data and the outbox, and the relay carries it from there into the log. Resolves after
 * the commit: what is stored is published, however long the log cannot be reached and whichever process ends.
 */
export function publishThroughOutbox(database: DatabaseSync, outbox: Outbox, relay: Relay): PublishWith {
  const tx: Change = {
    publish(channel, data, { event }) {
      // What the hub would refuse must not be stored.
      outbox.add(channel, event, v.parse(eventSchemas[event], data))
      return Promise.resolve(undefined)
    },
  }
  return async (change) => {
    database.exec('BEGIN IMMEDIATE')
    try {
      const result = doWork(database, change(tx))
      database.exec('COMMIT')
      relay.wake()
      return result
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
}
