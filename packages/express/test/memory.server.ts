import { setImmediate as turn } from 'node:timers/promises'
import { createPublisher, serveParent } from '@sse/testbed/served-process'
import express, { type Express, type Response } from 'express'
import { createHub, sse } from '../src/index.ts'

/**
 * The server of `memory.test.ts`: one channel, published to by command. `hub` serves it by `res.sse`, `hand` by the loop over
 * `res.write` that everyone writes first.
 */
const ways = { hub: serveByHub, hand: serveByHand }

type Publish = (data: string) => Promise<unknown>

const app = express()
const publish = ways[process.argv[2] as keyof typeof ways](app)
await serveParent(app, createPublisher(publish))

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
