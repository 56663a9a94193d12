import { type AllowedHosts, createServerFor } from '@sse/kit'
import { transportPath } from '../../shared/lab.ts'
import type { EventLog } from '../events/event-log.ts'
import { pollApp } from './answer.ts'
import type { Transport } from './transport.ts'

/** Polling with `ETag`: the whole list of the newest events, or 304 without a body for a client that has this list already. */
export function createEtagPolling(allowedHosts: AllowedHosts, log: EventLog): Transport {
  const app = pollApp()
  app.get(transportPath.etag, (req, res) => {
    const { epoch, version, events } = log.list()
    // `no-cache` lets a browser keep the answer, but makes it ask each time whether that is still the list.
    res.set({ 'Cache-Control': 'no-cache', ETag: `"${version}"` })
    if (req.fresh) res.status(304).end()
    else res.type('json').send(`{"epoch":${JSON.stringify(epoch)},"events":[${events.join(',')}]}`)
  })

  const server = createServerFor(allowedHosts, app, { keepAliveTimeout: 65_000 })
  return { server, publish: () => {}, close: async () => {} }
}
