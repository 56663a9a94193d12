import cluster from 'node:cluster'
import { createClusterBroker } from '@sse/cluster'
import { createHub, sse } from '@sse/express'
import { createSqliteBroker } from '@sse/sqlite'
import express from 'express'
import { listen } from '../listen.ts'

/** The file of the log, and how many workers there are. */
const file = process.env['LOG'] ?? 'events.db'
const workers = Number(process.env['WORKERS'] ?? 3)

if (cluster.isPrimary) {
  for (let n = 0; n < workers; n++) cluster.fork()
  // A worker that has died is replaced. If it had the log, another one has it by now. One that could not listen
  // would not be able to the next time either.
  const listening = new Set<number>()
  cluster.on('listening', ({ id }) => listening.add(id))
  cluster.on('exit', ({ id }) => {
    if (listening.has(id)) cluster.fork()
    else process.exitCode = 1
  })
  cluster.once('listening', (_, { port }) => {
    console.log(`There is no page. Listen:  curl -N localhost:${port}/events`)
    console.log(`Publish:  curl -H 'Content-Type: text/plain' -d hello localhost:${port}/news`)
  })
} else await work()

async function work(): Promise<void> {
  const openLog = () => {
    console.log(`worker ${process.pid} has the log`)
    return createSqliteBroker(file)
  }
  const hub = createHub({ broker: createClusterBroker({ broker: openLog }) })
  await hub.ready

  const app = express()
  app.use(sse({ hub, retry: [20, 100] }))
  app.get('/events', (_req, res) => {
    res.sse.subscribe('news').send(`${process.pid}`, { event: 'worker' })
  })
  app.post('/news', express.text(), async (req, res) => {
    const { id } = await hub.publish('news', req.body, { event: 'news' })
    res.json({ id, worker: process.pid })
  })
  listen(app)
}
