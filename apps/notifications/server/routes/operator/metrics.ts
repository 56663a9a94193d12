import { timingSafeEqual } from 'node:crypto'
import { Problem } from '@sse/kit'
import { type Request, Router } from 'express'
import type { Metrics } from '../../operator/metrics.ts'

/**
 * The figures are for those who bring the token. An address proves nothing: what a proxy on this machine passes on comes from this machine too.
 *
 * @param token without one nobody may read them
 */
export function metricsRoutes(metrics: Metrics, token: string | undefined): Router {
  const router = Router()

  router.get('/', async (req, res) => {
    if (!hasToken(req, token)) {
      throw new Problem(
        403,
        'Metrics need METRICS_TOKEN in the environment, and "Authorization: Bearer <it>"',
      )
    }
    res
      .set('Cache-Control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.text())
  })

  return router
}

function hasToken(req: Request, token: string | undefined): boolean {
  if (token === undefined) return false
  const given = Buffer.from(req.get('authorization') ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
