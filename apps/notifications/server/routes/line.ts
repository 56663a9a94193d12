import { input } from '@sse/kit'
import { Router } from 'express'
import { secondsSchema } from '../../shared/schemas.ts'
import type { LineFaults } from '../line/faults.ts'
import { limitFaults } from '../requests/rate-limits.ts'
import { requireSession } from '../requests/session.ts'

/** Faults of the caller's own streams, in the caller's session: the buttons of the connection panel. */
export function lineRoutes(faults: LineFaults): Router {
  const router = Router()
  router.use(limitFaults(60))

  router.post('/cut', (req, res) => {
    faults.cut(requireSession(req).id)
    res.status(204).end()
  })

  router.post('/stall', (req, res) => {
    const { id } = requireSession(req)
    faults.stall(id, input(secondsSchema, req.body).seconds)
    res.status(204).end()
  })

  router.post('/refuse', (req, res) => {
    const { id } = requireSession(req)
    faults.refuse(id, input(secondsSchema, req.body).seconds)
    res.status(204).end()
  })

  return router
}
