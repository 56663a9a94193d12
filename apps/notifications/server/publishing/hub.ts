import type { HubOf } from '@sse/express'
import type { eventSchemas } from '../../shared/schemas.ts'

/** The hub of this app: its events are those of the schemas. */
export type NotificationHub = HubOf<typeof eventSchemas>
