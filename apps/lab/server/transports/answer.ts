import express, { type Express, type Request, type Response } from 'express'
import type { LogAnswer } from '../events/event-log.ts'
import { otherPorts } from './other-ports.ts'

/** What all kinds of polling have in common. */
export function pollApp(): Express {
  const app = express()
  app.disable('x-powered-by')
  // Express makes a tag of every body. The answer to a cursor is never asked for again: there it would only cost bytes.
  app.disable('etag')
  app.use(otherPorts)
  return app
}

export function cursorOf(req: Request): string | undefined {
  const { after } = req.query
  return typeof after === 'string' ? after : undefined
}

/** The texts are joined as they are: a thousand clients cost no thousand serialisations. */
export function answer(res: Response, { events, next, more }: LogAnswer): void {
  res
    .set('Cache-Control', 'no-store')
    .type('json')
    .send(`{"events":[${events.join(',')}],"next":${JSON.stringify(next)},"more":${more}}`)
}
