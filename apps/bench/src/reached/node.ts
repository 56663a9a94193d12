/** `node node.ts <url of Redis>`: one of several server nodes that share a log in Redis. */
import { createServer } from 'node:http'
import { channels, createHub, sse } from '@sse/express'
import { createRedisBroker } from '@sse/redis'
import express from 'express'
import { createClient } from 'redis'
import { answerParent } from '../child.ts'
import { listening } from '../contestants/listening.ts'

/** What a page writes, and the channel on which the node publishes it. */
export interface Write {
  readonly channel: string
  readonly name: string
}

const [url = ''] = process.argv.slice(2)
const hub = createHub({ broker: createRedisBroker({ client: createClient({ url }), prefix: 'reached' }) })
await hub.ready

const app = express()
app.use(sse({ hub }))
app.get('/events', (_req, res) => void res.sse.subscribe('followed'))
app.post('/events', channels(hub))
app.post('/writes', express.json(), async (req, res) => {
  const { channel, name }: Write = req.body
  res.json(await hub.publish(channel, name, { event: 'write' }))
})
const port = await listening(createServer(app))

export type NodeCommands = typeof commands

const commands = {
  port: () => port,
}

answerParent(commands, () => hub.close({ drain: 0 }))
