import { type Adapter, failureOf, type NodeApp, optionsOf } from '@sse/testbed/adapter'
import type { ErrorRequestHandler, Request } from 'express'
import { channels, type SseStream, sse } from '../src/index.ts'
import { expressVersions } from './express-versions.ts'

export const adapters = expressVersions.map(
  ([name, express]): Adapter<NodeApp> => ({
    name,
    create(setup) {
      const events = sse(optionsOf<Request>(setup, askedOf))
      const app = express().use((_req, res, next) => {
        res.set(setup.headers ?? {})
        next()
      }, events)
      for (const [path, route] of Object.entries(setup.routes)) {
        app.get(path, async (req, res, next) => {
          try {
            await route(res.sse as unknown as SseStream, askedOf(req))
          } catch (error) {
            next(error)
          }
        })
        if (setup.hub) app.post(path, channels(setup.hub))
      }
      app.use(((error, _req, res, _next) => {
        const { status, text } = failureOf(error)
        res.status(status).end(text)
      }) as ErrorRequestHandler)
      return { listener: app, close: (options) => events.close(options) }
    },
  }),
)

function askedOf(request: Request) {
  return { header: (name: string) => request.get(name) }
}
