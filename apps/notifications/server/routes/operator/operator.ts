import { input, Problem } from '@sse/kit'
import { Router } from 'express'
import { disconnectSchema, secondsSchema } from '../../../shared/schemas.ts'
import { findPerson } from '../../directory.ts'
import type { Orders } from '../../nodes/orders.ts'
import type { Sampler } from '../../operator/sampler.ts'
import type { NotificationHub } from '../../publishing/hub.ts'
import { requireOperator } from '../../requests/session.ts'

/** The figures of this process, every second. */
export function operatorEventRoutes(sampler: Sampler): Router {
  const router = Router()

  router.get('/', (req, res) => {
    requireOperator(req)
    res.sse.comment()
    const stop = sampler.listen((stats) => res.sse.send(stats, { event: 'stats' }))
    res.sse.signal.addEventListener('abort', stop)
    if (res.sse.closed) stop()
  })

  return router
}

/** What the operator can do. */
export function operatorRoutes(hub: NotificationHub, orders: Orders): Router {
  const router = Router()

  router.use((req, _res, next) => {
    requireOperator(req)
    next()
  })

  router.post('/disconnect', async (req, res) => {
    const { user } = input(disconnectSchema, req.body)
    if (!findPerson(user)) {
      throw new Problem(400, `There is no user "${user}"`, [{ pointer: '/user', detail: 'Unknown user' }])
    }
    // They come back, and are let in only if they are still signed in.
    await hub.disconnect(user, { reconnect: 1_000 })
    res.status(204).end()
  })

  router.post('/drain', async (req, res) => {
    await orders.give({ what: 'drain', ...input(secondsSchema, req.body) })
    res.status(202).end()
  })

  return router
}
