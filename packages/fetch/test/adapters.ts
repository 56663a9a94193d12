import { getRequestListener } from '@hono/node-server'
import { type Adapter, failureOf, type NodeApp } from '@sse/testbed/adapter'
import { H3 } from 'h3'
import { toNodeHandler } from 'h3/node'
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { nodeListener } from './node-listener.ts'
import { appOf, failed, routesOf } from './routes.ts'

/** `node:http` with nothing but a translation of its requests and responses. */
const node: Adapter<NodeApp> = {
  name: 'node:http',
  create(setup) {
    const { answer, close } = appOf(setup)
    return { listener: nodeListener(answer), close }
  },
}

const hono: Adapter<NodeApp> = {
  name: 'Hono',
  create(setup) {
    const { routes, close } = routesOf(setup)
    const app = new Hono()
    for (const { path, get, post } of routes) {
      app.get(path, (c) => get(c.req.raw))
      if (post) app.post(path, (c) => post(c.req.raw))
    }
    app.onError((error, c) => {
      const { status, text } = failureOf(error)
      return c.text(text, status as ContentfulStatusCode)
    })
    return { listener: getRequestListener(app.fetch, { overrideGlobalObjects: false }), close }
  },
}

const h3: Adapter<NodeApp> = {
  name: 'h3',
  create(setup) {
    const { routes, close } = routesOf(setup)
    const app = new H3({ silent: true, onError: (error) => failed(error.cause ?? error) })
    for (const { path, get, post } of routes) {
      app.get(path, (event) => get(event.req))
      if (post) app.post(path, (event) => post(event.req))
    }
    return { listener: toNodeHandler(app) as ReturnType<typeof nodeListener>, close }
  },
}

export const adapters: readonly Adapter<NodeApp>[] = [node, hono, h3]
