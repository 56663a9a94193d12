import type { Server } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'
import type { Logger } from 'pino'
import type { NotificationLog } from './notification-log.ts'
import type { Page } from './page.ts'

interface Parts {
  readonly server: Server
  readonly log: NotificationLog
  readonly page: Page
  readonly database: DatabaseSync
  readonly logger: Logger
  /** How long requests under way may take to finish, in ms; then their connections are cut. */
  readonly patience: number
}

/**
 * Leaves in order: streams first, since an open one keeps the server from closing, then the requests under way,
 * then the data. What is asked for meanwhile and cannot be stored any more is refused with 503. A signal that comes twice (a terminal and pnpm both send one) changes nothing.
 */
export function shutDownOn(signals: readonly NodeJS.Signals[], parts: Parts): void {
  let leaving = false
  for (const signal of signals) {
    process.on(signal, () => {
      if (leaving) return
      leaving = true
      void shutDown(parts).then(
        () => process.exit(0),
        (error: unknown) => {
          parts.logger.fatal(error)
          process.exit(1)
        },
      )
    })
  }
}

async function shutDown({ server, log, page, database, patience }: Parts): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await Promise.all([log.close(), page.close()])
  setTimeout(() => server.closeAllConnections(), patience).unref()
  await closed
  database.close()
}
