import type { DatabaseSync } from 'node:sqlite'
import { createHub, type HubOf, type HubOptions } from '@sse/express'
import { createSqliteBroker } from '@sse/sqlite'
import { eventSchemas } from '../shared/schemas.ts'
import { type PublishWith, publishInTransaction } from './publishing.ts'

export type NotificationHub = HubOf<typeof eventSchemas>

/** The hub of this app, and how what is stored is published. */
export interface NotificationLog {
  readonly hub: NotificationHub
  readonly publishWith: PublishWith
}

/** Milliseconds. Shorter than the default, so that one need not wait long to watch a page notice a line that has gone silent. */
const heartbeat = 5_000

/** The log lives in the app's own database: close the hub before it. What does not fit its schema is not published. */
export function createNotificationLog(
  database: DatabaseSync,
  options: Omit<HubOptions, 'broker' | 'events'> = {},
): NotificationLog {
  const broker = createSqliteBroker(database)
  const hub = createHub({ heartbeat, ...options, broker, events: eventSchemas })
  return { hub, publishWith: publishInTransaction(hub, broker) }
}
