import { channels } from '@sse/express'
import { Problem } from '@sse/kit'
import { type RequestHandler, Router } from 'express'
import type { Run } from '../database/work.ts'
import type { LineFaults } from '../line/faults.ts'
import type { OpenLines } from '../line/open-lines.ts'
import type { NotificationHub } from '../publishing/hub.ts'
import { requireSession, requireUser } from '../requests/session.ts'
import type { TopicStore } from '../stores/topics.ts'

interface Parts {
  readonly hub: NotificationHub
  readonly run: Run
  readonly topics: TopicStore
  readonly lines: OpenLines
  readonly faults: LineFaults
}

/** The stream of the signed-in user: replays from `Last-Event-ID`, then live; and changes to the channels of one that is open. */
export function eventRoutes({ hub, run, topics, lines, faults }: Parts): Router {
  const router = Router()

  router.get('/', async (req, res) => {
    const { id, person } = requireSession(req)
    const wait = faults.refusedFor(id)
    if (wait !== undefined) {
      res.set('Retry-After', String(wait))
      throw new Problem(503, 'The line of this session is refused, as you asked for')
    }
    res.sse.subscribe(await run(topics.channelsOf(person)))
    lines.add(id, res)
  })

  router.post('/', signedInOnly, channels(hub))

  return router
}

const signedInOnly: RequestHandler = (req, _res, next) => {
  requireUser(req)
  next()
}
