import { getRequestListener } from '@hono/node-server'
import { type Adapter, failureOf, optionsOf, type Setup } from '@sse/testbed/adapter'
import { H3 } from 'h3'
import { toNodeHandler } from 'h3/node'
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { channels, sse } from '../src/index.ts'
import { nodeListener } from './node-listener.ts'

/** The routes of an app as functions from a web request to a web response. */
function routesOf(setup: Setup) {
  const { hub, headers = {} } = setup
  const open = sse({
    ...optionsOf<Request>(setup, askedOf),
    client: () => '127.0.0.1',
  })
  const post = hub && channels(hub)
  const routes = Object.entries(setup.routes).map(([path, route]) => ({
    path,
    get: (request: Request) => open(request, (stream) => route(stream, askedOf(request)), { headers }),
    post: post && ((request: Request) => post(request, { headers })),
  }))
  return { routes, close: open.close }
}

function askedOf({ headers }: Request) {
  return { header: (name: string) => headers.get(name) ?? undefined }
}

function failed(error: unknown): Response {
  const { status, text } = failureOf(error)
  return new Response(text, { status })
}

/** `node:http` with nothing but a translation of its requests and responses. */
const node: Adapter = {
  name: 'node:http',
  create(setup) {
    const { routes, close } = routesOf(setup)
    const answer = async (request: Request): Promise<Response> => {
      const { pathname } = new URL(request.url)
      const route = routes.find(({ path }) => path === pathname)
      const handler = request.method === 'POST' ? route?.post : route?.get
      try {
        return (await handler?.(request)) ?? new Response(null, { status: 404 })
      } catch (error) {
        return failed(error)
      }
    }
    return { listener: nodeListener(answer), close }
  },
}

const hono: Adapter = {
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

const h3: Adapter = {
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

export const adapters: readonly Adapter[] = [node, hono, h3]
