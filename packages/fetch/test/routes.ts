import { failureOf, optionsOf, type Setup } from '@sse/testbed/adapter'
import { channels, sse } from '../src/index.ts'

/** The routes of an app as functions from a web request to a web response. */
export function routesOf(setup: Setup) {
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

/** The answer of an app to an error. */
export function failed(error: unknown): Response {
  const { status, text } = failureOf(error)
  return new Response(text, { status })
}

/** An app without a framework: from a request to a response. */
export function appOf(setup: Setup) {
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
  return { answer, close }
}
