import type { DatabaseSync } from 'node:sqlite'
import { createHub, type HubOf, type HubOptions } from '@sse/express'
import { createSqliteBroker, type SqliteBroker } from '@sse/sqlite'
import { eventSchemas } from '../shared/schemas.ts'

export type NotificationHub = HubOf<typeof eventSchemas>

/** The hub of this app, and the broker whose transactions store and publish in one. */
export interface NotificationLog {
  readonly hub: NotificationHub
  readonly broker: SqliteBroker
}

/** The log lives in the app's own database: close the hub before it. What does not fit its schema is not published. */
export function createNotificationLog(
  database: DatabaseSync,
  options: Omit<HubOptions, 'broker' | 'events'> = {},
): NotificationLog {
  const broker = createSqliteBroker(database)
  return { broker, hub: createHub({ ...options, broker, events: eventSchemas }) }
}
