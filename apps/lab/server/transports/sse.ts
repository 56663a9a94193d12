import { createHub, sse } from '@sse/express'
import { type AllowedHosts, createServerFor } from '@sse/kit'
import express from 'express'
import { type TransportEvents, transportPath } from '../../shared/lab.ts'
import { reconnection } from '../../shared/transports/pause.ts'
import { otherPorts } from './other-ports.ts'
import type { Transport } from './transport.ts'

/** SSE by `@sse/express`: a client that reconnects gets what it missed. */
export function createSseTransport(allowedHosts: AllowedHosts): Transport {
  const hub = createHub<TransportEvents>({ onError: console.error })
  const app = express()
  app.disable('x-powered-by')
  app.use(otherPorts)
  app.use(sse({ hub, retry: reconnection.base }))
  app.get(transportPath.sse, (_req, res) => {
    res.sse.subscribe('ticks')
  })

  return {
    server: createServerFor(allowedHosts, app),
    publish: (event) => void hub.publish('ticks', event, { event: 'tick' }),
    close: () => hub.close(),
  }
}
