import { sse } from '@sse/express'
import { notFound, problems, sameOrigin } from '@sse/kit'
import express, { type Express, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import { createLineFaults } from './line/faults.ts'
import { createOpenLines } from './line/open-lines.ts'
import { createOrders } from './nodes/orders.ts'
import { drain } from './operator/drain.ts'
import { createMetrics } from './operator/metrics.ts'
import { createSampler } from './operator/sampler.ts'
import type { NotificationLog } from './publishing/notification-log.ts'
import { authorize } from './requests/authorize.ts'
import { requestLog } from './requests/logger.ts'
import { limitWrites } from './requests/rate-limits.ts'
import { securityHeaders } from './requests/security.ts'
import { session, signedIn } from './requests/session.ts'
import { eventRoutes } from './routes/events.ts'
import { lineRoutes } from './routes/line.ts'
import { markingRoutes } from './routes/notifications/marking.ts'
import { notificationRoutes } from './routes/notifications/notifications.ts'
import { sendingRoutes } from './routes/notifications/sending.ts'
import { metricsRoutes } from './routes/operator/metrics.ts'
import { operatorEventRoutes, operatorRoutes } from './routes/operator/operator.ts'
import { sessionRoutes } from './routes/session.ts'
import { topicRoutes } from './routes/topics.ts'
import { createStores } from './stores/stores.ts'

export interface AppOptions extends NotificationLog {
  readonly logger: Logger
  /** The token that requests for the metrics must have. Default: nobody may read them. */
  readonly metricsToken?: string | undefined
  /** How many writes a user has in a minute. Default 600. */
  readonly writesPerMinute?: number | undefined
  /** How many proxies stand in front. Default 0. */
  readonly proxies?: number | undefined
  /** Serves the page; without it there is only the API. */
  readonly page?: RequestHandler | undefined
}

/** The whole HTTP side, without a port: the process listens, tests do as they like. */
export function createApp(options: AppOptions): Express {
  const { hub, publishWith, run, logger, page } = options
  const stores = createStores()
  const lines = createOpenLines()
  const faults = createLineFaults(lines)
  const orders = createOrders(run, (order) => {
    if (order.what === 'drain') drain(hub, order.seconds * 1000)
    else if (order.what === 'cut') faults.cut(order.session)
    else faults[order.what](order.session, order.seconds)
  })
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', options.proxies ?? 0)

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' })
  })

  app.use(requestLog(logger))
  app.use(securityHeaders())
  app.use('/metrics', metricsRoutes(createMetrics(hub, lines), options.metricsToken))
  app.use(sameOrigin)
  app.use(session(stores.sessions, run))
  app.use(['/api', '/events'], limitWrites(options.writesPerMinute ?? 600))
  app.use(
    sse({
      hub,
      key: (req) => signedIn(req)?.id,
      authorize: authorize(stores.topics, run),
      // What others may know of somebody who is online.
      presence: (req) => {
        const person = signedIn(req)
        return person && { name: person.name }
      },
      // One user must not take all the connections of this process.
      limits: { perKey: 1_000 },
    }),
  )

  app.use('/events', eventRoutes({ hub, run, topics: stores.topics, lines, faults }))
  app.use('/admin/events', operatorEventRoutes(createSampler(hub, lines)))
  app.use('/api', express.json({ limit: '64kb' }))
  app.use('/api', sessionRoutes({ ...stores, hub, run }))
  app.use('/api/notifications', sendingRoutes({ ...stores, publishWith }))
  app.use('/api/notifications', notificationRoutes({ ...stores, hub, run }))
  app.use('/api/notifications', markingRoutes({ ...stores, hub, publishWith, run }))
  app.use('/api/topics', topicRoutes({ ...stores, publishWith }))
  app.use('/api/line', lineRoutes(orders))
  app.use('/api/admin', operatorRoutes(hub, orders))
  app.use('/api', notFound)

  if (page) app.use(page)
  app.use(notFound)
  // The log line of this request reports it, once.
  app.use(
    problems((error, res) => {
      res.err = error instanceof Error ? error : new Error(String(error))
    }),
  )
  return app
}
