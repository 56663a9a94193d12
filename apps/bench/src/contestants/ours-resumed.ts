import { createServer } from 'node:http'
import { type Broker, createHub, createMemoryBroker, sse } from '@sse/express'
import express from 'express'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** Between two events on the channel of the load there are so many on others. */
const others = 9

/** The same with a broker that counts what it is asked, and other channels in the log: what resumes has to find its own among them. */
export default async function start(): Promise<Running> {
  const { broker, reads } = counted(createMemoryBroker({ entries: 0 }))
  const hub = createHub({ broker })
  await hub.ready
  const app = express()
  app.use(sse({ hub }))
  app.get('/events', (_req, res) => void res.sse.subscribe('load'))
  const cursors = [hub.position]
  return {
    port: await listening(createServer(app)),
    async publish(turn) {
      for (const event of turn) {
        for (let other = 0; other < others; other++) void hub.publish(`other:${other}`, event)
        const { id } = await hub.publish('load', event)
        cursors.push(id)
      }
    },
    streams: () => hub.streams.size,
    cursor: (missed) => cursors.at(-1 - missed) ?? cursors[0]!,
    reads,
  }
}

function counted(broker: Broker): { broker: Broker; reads: () => number } {
  let count = 0
  return {
    broker: {
      start: (receiver) => broker.start(receiver),
      publish: (...args) => broker.publish(...args),
      read: (...args) => {
        count++
        return broker.read(...args)
      },
      signal: (text) => broker.signal(text),
      close: () => broker.close(),
    },
    reads: () => count,
  }
}
