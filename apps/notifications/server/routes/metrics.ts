import { timingSafeEqual } from 'node:crypto'
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { type Request, Router } from 'express'
import type { Metrics } from '../operator/metrics.ts'
import { Problem } from '../problem.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** @param token who brings it as a bearer token may read from anywhere; without one only this machine may */
export function metricsRoutes(metrics: Metrics, token: string | undefined): Router {
  const router = Router()

  router.get('/', async (req, res) => {
    if (!isFromHere(req) && !hasToken(req, token)) {
      throw new Problem(403, 'Metrics are for this machine, or for whoever has the METRICS_TOKEN')
    }
    res
      .set('Cache-Control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.text())
  })

  return router
}

/** What a proxy on this machine passes on comes from elsewhere. */
function isFromHere(req: Request): boolean {
  const isPassedOn = ['forwarded', 'x-forwarded-for', 'via'].some((name) => req.headers[name] !== undefined)
  return !isPassedOn && isLoopback(req.socket.remoteAddress ?? '')
}

export function isLoopback(address: string): boolean {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address
  if (isIPv4(mapped)) return loopback.check(mapped, 'ipv4')
  return isIPv6(mapped) && loopback.check(mapped, 'ipv6')
}

function hasToken(req: Request, token: string | undefined): boolean {
  if (token === undefined) return false
  const given = Buffer.from(req.get('authorization') ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
