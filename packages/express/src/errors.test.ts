import type { ErrorRequestHandler, RequestHandler } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { listening } from '../test/listening.ts'
import { createHub, sse } from './index.ts'

/** The app's own. Without one Express answers 500. */
const answerError: ErrorRequestHandler = (_error, _req, res, next) =>
  res.headersSent ? next() : void res.sendStatus(418)

const failures: Readonly<Record<string, RequestHandler>> = {
  throws(_req, res) {
    res.sse.subscribe('news')
    throw new Error('no')
  },
  async 'fails later'(_req, res, next) {
    res.sse.subscribe('news')
    await res.app.locals['published']()
    next(new Error('no'))
  },
}

describe.each(expressVersions)('a handler that fails after subscribe, on %s', (_, express) => {
  async function serve(routers: number, handler: RequestHandler, own: boolean) {
    const errors: unknown[] = []
    const hub = createHub({ onError: (error) => errors.push(error) })
    await hub.ready
    const app = express()
    app.locals['published'] = () => hub.publish('other', 1)
    app.set('env', 'test')
    app.use(sse({ hub }))
    app.get('/open', (_req, res) => void res.sse.subscribe('news'))
    // Express hands a request on from it in an immediate.
    app.use(express.Router())
    let inner = express.Router().get('/', handler)
    for (let depth = 1; depth < routers; depth++) inner = express.Router().use('/', inner)
    app.use('/events', inner)
    if (own) app.use(answerError)
    const { origin, close } = await listening(app)
    onTestFinished(close)
    return { hub, errors, origin }
  }

  describe.each(Object.entries(failures))('%s', (_name, handler) => {
    it.each([1, 2, 3, 4, 5])('is answered behind %i routers', async (routers) => {
      for (const own of [true, false]) {
        const { hub, errors, origin } = await serve(routers, handler, own)
        for (const accept of ['text/event-stream', 'application/json']) {
          const other = new AbortController()
          const answers = await Promise.all([
            fetch(`${origin}/open`, { signal: other.signal }),
            fetch(`${origin}/events`, { headers: { accept } }),
          ])
          expect(answers.map(({ status }) => status)).toEqual([200, own ? 418 : 500])
          other.abort()
        }
        expect(errors).toEqual([])
        await expect.poll(() => hub.stats()).toMatchObject({ streams: 0, opened: 2 })
      }
    })
  })
})
