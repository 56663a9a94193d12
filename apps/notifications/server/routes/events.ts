import { Router } from 'express'
import { channelsOf } from '../directory.ts'
import { requireUser } from '../session.ts'

/** The stream of the signed-in user: replays from `Last-Event-ID`, then live. */
export function eventRoutes(): Router {
  const router = Router()

  router.get('/', (req, res) => {
    const reader = requireUser(req)
    res.sse.subscribe(channelsOf(reader))
  })

  return router
}
