import type { DatabaseSync } from 'node:sqlite'
import { sse } from '@sse/express'
import express, { type Express, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import type { NotificationLog } from './hub.ts'
import { requestLog } from './logger.ts'
import { createNotificationStore } from './notifications.ts'
import { notFound, problems } from './problem.ts'
import { eventRoutes } from './routes/events.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { sessionRoutes } from './routes/session.ts'
import { sameOrigin } from './same-origin.ts'
import { session, signedIn, storedSecret } from './session.ts'

export interface AppOptions extends NotificationLog {
  /** The one that the log lives in. */
  readonly database: DatabaseSync
  readonly logger: Logger
  /** Signs the session cookies; default: one kept in the database. */
  readonly sessionSecret?: string | undefined
  /** Serves the page; without it there is only the API. */
  readonly page?: RequestHandler | undefined
}

/** The whole HTTP side, without a port: the process listens, tests do as they like. */
export function createApp(options: AppOptions): Express {
  const { database, hub, broker, logger, page } = options
  const app = express()
  app.disable('x-powered-by')

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' })
  })

  app.use(requestLog(logger))
  app.use(sameOrigin)
  app.use(session(options.sessionSecret ?? storedSecret(database)))
  app.use(sse({ hub, key: (req) => signedIn(req)?.id }))

  app.use('/events', eventRoutes())
  app.use('/api', express.json({ limit: '64kb' }))
  app.use('/api', sessionRoutes(hub))
  app.use('/api/notifications', notificationRoutes(createNotificationStore(database), { hub, broker }))
  app.use('/api', notFound)

  if (page) app.use(page)
  app.use(notFound)
  app.use(problems)
  return app
}
