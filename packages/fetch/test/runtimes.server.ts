import { channels, createHub, type SseStream, sse } from '../src/index.ts'

// The server of `runtimes.test.ts`: for the server that Bun or Deno brings. POST to /publish publishes its body.
declare const Bun: { serve(options: object): unknown } | undefined
declare const Deno: { serve(options: object, handler: unknown): unknown }

const hub = createHub({ window: { bytes: 64_000_000 } })
const open = sse({ hub, stall: 500, authorize: (_request, channel) => channel === 'more' })
const post = channels(hub)
const news = (stream: SseStream) => void stream.subscribe('news')

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/stats') return Response.json(hub.stats())
  if (pathname === '/publish') return Response.json(await hub.publish('news', await request.text()))
  return request.method === 'POST' ? post(request) : open(request, news)
}

const where = { port: Number(process.env['PORT']), hostname: '127.0.0.1' }
if (typeof Bun === 'undefined') Deno.serve(where, answer)
else Bun.serve({ ...where, idleTimeout: 0, fetch: answer })
console.log('ready')
