/** Two workers of `node:cluster` on one log. One of them publishes, as a server does that handles a request. */
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClusterBroker } from '@sse/cluster'
import { createHub, sse } from '@sse/express'
import { freePort } from '@sse/testbed'
import express from 'express'
import type { Running } from './contestant.ts'
import { openPublisher, type Turn } from './publisher.ts'

const workers = 2

interface Answer {
  readonly streams: number
  /** Processor time in microseconds. */
  readonly cpu: number
  /** Where the load asks for turns, and the number of the next event. */
  readonly port: number
  readonly next: number
}

export default async function start(): Promise<Running> {
  const path = mkdtempSync(join(tmpdir(), 'sse-bench-'))
  const port = await freePort()
  cluster.setupPrimary({ exec: fileURLToPath(import.meta.url), args: [path, String(port)] })
  const forked = Array.from({ length: workers }, () => cluster.fork())
  await Promise.all(forked.map((worker) => once(worker, 'listening')))
  const [first] = forked
  const all = () => Promise.all(forked.map((worker) => ask(worker)))
  const cpus = async () => (await all()).map(({ cpu }) => cpu)
  return {
    port,
    publisher: {
      port: (await ask(first!)).port,
      turn: async (turn) => (await ask(first!, turn)).next,
    },
    publish: () => {
      throw new Error('A worker publishes.')
    },
    streams: async () => sum((await all()).map(({ streams }) => streams)),
    cpu: async () => {
      const { user, system } = process.cpuUsage()
      return user + system + sum(await cpus())
    },
    cpus,
    async stop() {
      for (const worker of forked) worker.kill('SIGKILL')
      rmSync(path, { recursive: true, force: true })
    },
  }
}

async function ask(worker: Worker, turn: Turn | null = null): Promise<Answer> {
  worker.send({ turn })
  const [answer] = await once(worker, 'message')
  return answer
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

async function work(path: string, port: number): Promise<void> {
  const hub = createHub({ broker: createClusterBroker({ path }) })
  await hub.ready
  const publisher = await openPublisher((turn) =>
    Promise.all(turn.map((event) => hub.publish('load', event))),
  )
  let next = 1
  process.on('message', async ({ turn }: { turn: Turn | null }) => {
    if (turn) next = await publisher.turn(turn)
    const { user, system } = process.cpuUsage()
    const answer: Answer = { streams: hub.streams.size, cpu: user + system, port: publisher.port, next }
    process.send?.(answer)
  })
  process.on('disconnect', () => process.exit())
  const app = express()
  app.use(sse({ hub }))
  app.get('/events', (_req, res) => void res.sse.subscribe('load'))
  createServer(app).listen({ port, host: '127.0.0.1', backlog: 4096 })
}

if (cluster.isWorker) {
  const [path = '', port = '0'] = process.argv.slice(2)
  await work(path, Number(port))
}
