import { input } from '@sse/kit'
import { Router } from 'express'
import { secondsSchema } from '../../shared/schemas.ts'
import type { Orders } from '../nodes/orders.ts'
import { limitFaults } from '../requests/rate-limits.ts'
import { requireSession } from '../requests/session.ts'

/** Faults of the caller's own streams, in the caller's session, in every process: the buttons of the connection panel. */
export function lineRoutes(orders: Orders): Router {
  const router = Router()
  router.use(limitFaults(60))

  router.post('/cut', async (req, res) => {
    await orders.give({ what: 'cut', session: requireSession(req).id })
    res.status(204).end()
  })

  router.post('/stall', async (req, res) => {
    const { id: session } = requireSession(req)
    await orders.give({ what: 'stall', session, ...input(secondsSchema, req.body) })
    res.status(204).end()
  })

  router.post('/refuse', async (req, res) => {
    const { id: session } = requireSession(req)
    await orders.give({ what: 'refuse', session, ...input(secondsSchema, req.body) })
    res.status(204).end()
  })

  return router
}
