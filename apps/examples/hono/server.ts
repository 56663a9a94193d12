/**
 * A web-standard server: the handlers of Hono get a `Request` and return a `Response`, and so does the stream. The same lines run wherever Hono
 * runs: on Node, Bun and Deno.
 */
import { serve } from '@hono/node-server'
import { channels, createHub, sse } from '@sse/fetch'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cannotListen } from '../listen.ts'
import { pageOf } from '../page.ts'

// 1. The hub, and the function that answers a request with a stream. Clients may ask for the rooms themselves.
const hub = createHub()
const rooms = ['room:tea', 'room:coffee']
const open = sse({ hub, authorize: (_request, channel) => rooms.includes(channel) })
const change = channels(hub)

// 2. The app. `/events?channels=room:tea` opens a stream of a room; a POST changes the rooms of an open stream.
const app = new Hono()
app.get('/events', (c) =>
  open(c.req.raw, (stream) => {
    stream.subscribe([])
  }),
)
app.post('/events', (c) => change(c.req.raw))

app.post('/rooms/:room', bodyLimit({ maxSize: 2_000 }), async (c) => {
  const room = `room:${c.req.param('room')}`
  const text = (await c.req.text()).trim()
  if (!rooms.includes(room) || text === '' || text.length > 200)
    return c.text('A text has 1 to 200 characters', 400)
  await hub.publish(room, { room, text }, { event: 'message' })
  return c.body(null, 201)
})

// 3. The page.
const { html, script } = await pageOf(import.meta.dirname, 'Hono')
app.get('/', (c) => c.html(html))
app.get('/page.js', (c) => c.body(script ?? '', 200, { 'Content-Type': 'text/javascript' }))

const port = Number(process.env['PORT'] ?? 3000)
const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () =>
  console.log(`http://localhost:${port}`),
)
server.once('error', (error) => cannotListen(port, error))

// 4. The end. Each client gets its own time to reconnect.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    server.close()
    await hub.close({ drain: 500, retry: [500, 2_000] })
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
