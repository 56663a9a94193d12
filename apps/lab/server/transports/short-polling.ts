import { type AllowedHosts, createServerFor } from '@sse/kit'
import { transportPath } from '../../shared/lab.ts'
import type { EventLog } from '../events/event-log.ts'
import { answer, cursorOf, pollApp } from './answer.ts'
import type { Transport } from './transport.ts'

/** Short polling: says at once what there is, and mostly that is nothing new. */
export function createShortPolling(allowedHosts: AllowedHosts, log: EventLog): Transport {
  const app = pollApp()
  app.get(transportPath.short, (req, res) => answer(res, log.read(cursorOf(req))))

  const server = createServerFor(allowedHosts, app, { keepAliveTimeout: 65_000 })
  return { server, publish: () => {}, close: async () => {} }
}
