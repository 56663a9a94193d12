import { setImmediate as turn } from 'node:timers/promises'
import express, { type Express, type Response } from 'express'
import { createHub, sse } from '../src/index.ts'
import { serveParent } from './listening.ts'

/**
 * The server of `memory.test.ts`: one channel, published to by command. `hub` serves it by `res.sse`, `hand` by the loop over
 * `res.write` that everyone writes first.
 */
const ways = { hub: serveByHub, hand: serveByHand }

/** Publishes so many events more. */
export interface PublishCommand {
  readonly count: number
  /** Bytes of the data of each: its number, eight digits, filled up. */
  readonly size: number
}

export interface PublishAnswer {
  /** The number of the last event. */
  readonly last: number
  /** Bytes of memory of this process, at the end and at most since the command came. */
  readonly rss: number
  readonly peak: number
}

type Publish = (data: string) => Promise<unknown>

const app = express()
const publish = ways[process.argv[2] as keyof typeof ways](app)
let last = 0
await serveParent(app, async ({ count, size }: PublishCommand) => {
  let peak = 0
  for (const end = last + count; last < end; ) {
    last++
    await publish(String(last).padStart(8, '0').padEnd(size, '.'))
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  return { last, rss: process.memoryUsage.rss(), peak } satisfies PublishAnswer
})

function serveByHub(app: Express): Publish {
  const hub = createHub()
  app.use(sse({ hub, stall: 600_000 }))
  app.get('/events', (_req, res) => void res.sse.subscribe('load'))
  return (data) => hub.publish('load', data)
}

function serveByHand(app: Express): Publish {
  const clients = new Set<Response>()
  let id = 0
  app.get('/events', (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(':\n\n')
    clients.add(res)
    res.on('close', () => clients.delete(res))
  })
  return (data) => {
    const message = `id: ${++id}\ndata: ${data}\n\n`
    for (const client of clients) client.write(message)
    return turn()
  }
}
