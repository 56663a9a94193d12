import { once } from 'node:events'
import { EventSource } from 'eventsource'
import express from 'express'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createHub, sse } from '../src/index.ts'
import { listening } from './listening.ts'

const clients = 500
/** Milliseconds: over which the streams end, and after which each client comes back. */
const drain = 2_000
const retry = [1_000, 11_000] as const
/** Milliseconds: an idle connection would keep the server from closing for longer than a test may take. */
const keepAlive = 600_000

async function serve() {
  const hub = createHub()
  const app = express().use(sse({ hub }))
  app.get('/events/:client', (_req, res) => void res.sse.subscribe('news'))
  const { server, port, close } = await listening(app)
  server.keepAliveTimeout = keepAlive
  onTestFinished(close)
  return { hub, server, port }
}

it('a hub that closes lets its server close, and spreads those who come back', async () => {
  const { hub, server, port } = await serve()
  const all = await openAll(port, clients)

  const start = performance.now()
  let serverClosed = false
  server.close(() => {
    serverClosed = true
  })
  const successor = await Successor.listen(port)
  await hub.close({ drain, retry })
  await vi.waitUntil(() => serverClosed)

  await Promise.all(all.map((client) => client.stayedAway))
  expect(all.map((client) => client.reasons)).toEqual(all.map(() => ['shutdown']))
  expect(successor.arrivals.map(({ client }) => client).sort()).toEqual(all.map(({ name }) => name).sort())

  const seconds: number[] = []
  for (const { at } of successor.arrivals) {
    const second = Math.floor((at - start) / 1_000)
    seconds[second] = (seconds[second] ?? 0) + 1
  }
  console.info(`came back, second by second: ${Array.from(seconds, (count = 0) => count).join(' ')}`)
  // Spread over twelve seconds. A busy machine may delay those of a few seconds, but without a spread all would come in one.
  expect(Math.max(...Object.values(seconds))).toBeLessThanOrEqual(clients / 2)
}, 60_000)

it('a server that is closed after its hub has no connection left to wait for', async () => {
  const { hub, server, port } = await serve()
  await openAll(port, 50)

  await hub.close({ drain: 200, retry: [60_000, 60_000] })
  await once(server.close(), 'close')
}, 60_000)

/** What takes the server's place: it writes down who comes, and sends everyone away for good. */
class Successor {
  readonly arrivals: { readonly client: string; readonly at: number }[] = []

  static async listen(port: number): Promise<Successor> {
    const successor = new Successor()
    const app = express()
    app.get('/events/:client', (req, res) => {
      successor.arrivals.push({ client: req.params.client, at: performance.now() })
      res.status(204).end()
    })
    const { close } = await listening(app, port)
    onTestFinished(close)
    return successor
  }
}

/** A plain EventSource, which knows nothing of the hub: it reconnects by itself, when it was told to. */
class Client {
  readonly name: string
  /** Why the server said that it ended the stream. */
  readonly reasons: string[] = []
  readonly opened: Promise<unknown>
  /** Resolves when an answer has told it not to come back. */
  readonly stayedAway: Promise<void>

  constructor(port: number, name: string) {
    const source = new EventSource(`http://127.0.0.1:${port}/events/${name}`)
    onTestFinished(() => source.close())
    this.name = name
    this.opened = new Promise((resolve) => source.addEventListener('sse.open', resolve, { once: true }))
    this.stayedAway = new Promise((resolve) => {
      source.addEventListener('error', () => {
        if (source.readyState === source.CLOSED) resolve()
      })
    })
    source.addEventListener('sse.close', ({ data }) => this.reasons.push(JSON.parse(data).reason))
  }
}

/** Fifty at a time, so that connecting itself is no storm. */
async function openAll(port: number, count: number): Promise<Client[]> {
  const all: Client[] = []
  while (all.length < count) {
    const some = Array.from({ length: 50 }, (_, index) => new Client(port, String(all.length + index)))
    await Promise.all(some.map((client) => client.opened))
    all.push(...some)
  }
  return all
}
