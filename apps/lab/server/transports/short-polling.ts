import { createServer } from 'node:http'
import { transportPath } from '../../shared/lab.ts'
import type { EventLog } from '../event-log.ts'
import { answer, cursorOf, pollApp } from './answer.ts'
import type { Transport } from './transport.ts'

/** Short polling: says at once what there is, and mostly that is nothing new. */
export function createShortPolling(log: EventLog): Transport {
  const app = pollApp()
  app.get(transportPath.short, (req, res) => answer(res, log.read(cursorOf(req))))

  const server = createServer({ keepAliveTimeout: 65_000 }, app)
  return { server, publish: () => {}, close: async () => {} }
}
