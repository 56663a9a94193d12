import { type AllowedHosts, createServerFor } from '@sse/kit'
import type { Response } from 'express'
import { transportPath } from '../../shared/lab.ts'
import type { EventLog } from '../events/event-log.ts'
import { answer, cursorOf, pollApp } from './answer.ts'
import type { Transport } from './transport.ts'

/** How long a question is kept, in ms: under the 30 and 60 seconds after which proxies give up. */
const patience = 25_000

/** Long polling: keeps the question until there is something new, and says nothing new only after a while. */
export function createLongPolling(allowedHosts: AllowedHosts, log: EventLog): Transport {
  const app = pollApp()
  const open = new Set<Response>()

  app.get(transportPath.long, (req, res) => {
    const after = cursorOf(req)
    const now = log.read(after)
    if (after === undefined || now.events.length > 0) {
      answer(res, now)
      return
    }
    const reply = () => {
      letGo()
      answer(res, log.read(now.next))
    }
    const letGo = () => {
      clearTimeout(timer)
      forget()
      open.delete(res)
    }
    const timer = setTimeout(reply, patience)
    const forget = log.whenMore(reply)
    open.add(res)
    res.once('close', letGo)
  })

  const server = createServerFor(allowedHosts, app, { keepAliveTimeout: 65_000 })
  return {
    server,
    publish: () => {},
    async close() {
      for (const res of open) res.status(503).end()
    },
  }
}
