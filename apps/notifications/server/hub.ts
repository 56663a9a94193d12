import { createHub, type HubOf, type HubOptions } from '@sse/express'
import { eventSchemas } from '../shared/schemas.ts'

export type NotificationHub = HubOf<typeof eventSchemas>

/** The hub of this app: what does not fit its schema is not published. */
export function createNotificationHub(options: HubOptions = {}): NotificationHub {
  return createHub({ ...options, events: eventSchemas })
}
