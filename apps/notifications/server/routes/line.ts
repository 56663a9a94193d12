import { type Request, Router } from 'express'
import { secondsSchema } from '../../shared/schemas.ts'
import type { LineFaults } from '../line/faults.ts'
import { input, Problem } from '../problem.ts'
import { limitFaults } from '../rate-limits.ts'
import { requireUser, sessionIdOf } from '../session.ts'

/** Faults of the caller's own streams, in the caller's session: the buttons of the connection panel. */
export function lineRoutes(faults: LineFaults): Router {
  const router = Router()
  router.use(limitFaults(60))

  router.post('/cut', (req, res) => {
    faults.cut(requireSession(req))
    res.status(204).end()
  })

  router.post('/stall', (req, res) => {
    const session = requireSession(req)
    faults.stall(session, input(secondsSchema, req.body).seconds)
    res.status(204).end()
  })

  router.post('/refuse', (req, res) => {
    const session = requireSession(req)
    faults.refuse(session, input(secondsSchema, req.body).seconds)
    res.status(204).end()
  })

  return router
}

function requireSession(req: Request): string {
  requireUser(req)
  const session = sessionIdOf(req)
  if (session === undefined)
    throw new Problem(409, 'This session is from before sessions had ids: sign in again')
  return session
}
