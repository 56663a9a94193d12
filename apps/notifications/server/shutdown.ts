import type { Server } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'
import type { Page } from '@sse/kit'
import type { NotificationLog } from './publishing/notification-log.ts'

interface Parts {
  readonly server: Server
  readonly log: NotificationLog
  readonly page: Page
  readonly database: DatabaseSync
  /** How long requests under way may take to finish, in ms; then their connections are cut. */
  readonly patience: number
}

/**
 * Leaves in order: streams first, since an open one keeps the server from closing, then the requests under way,
 * then the data. What is asked for meanwhile and cannot be stored any more is refused with 503.
 */
export async function shutDown({ server, log, page, database, patience }: Parts): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await Promise.all([log.close(), page.close()])
  setTimeout(() => server.closeAllConnections(), patience).unref()
  await closed
  database.close()
}
