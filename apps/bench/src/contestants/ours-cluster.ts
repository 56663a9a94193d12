/** Two workers of `node:cluster` on one log. This process is their primary, and publishes as another process of the app would. */
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

const workers = 2

interface Answer {
  readonly streams: number
  /** Processor time in microseconds. */
  readonly cpu: number
}

export default async function start(): Promise<Running> {
  const path = mkdtempSync(join(tmpdir(), 'sse-bench-'))
  const port = await freePort()
  cluster.setupPrimary({ exec: fileURLToPath(import.meta.url), args: [path, String(port)] })
  const forked = Array.from({ length: workers }, () => cluster.fork())
  await Promise.all(forked.map((worker) => once(worker, 'listening')))
  const hub = createHub({ broker: createClusterBroker({ path }), publishOnly: true })
  const own = () => {
    const { user, system } = process.cpuUsage()
    return user + system
  }
  const cpus = async () => (await Promise.all(forked.map(ask))).map(({ cpu }) => cpu)
  return {
    port,
    publish: (turn) => Promise.all(turn.map((event) => hub.publish('load', event))),
    streams: async () => sum((await Promise.all(forked.map(ask))).map(({ streams }) => streams)),
    cpu: async () => own() + sum(await cpus()),
    cpus,
    async stop() {
      for (const worker of forked) worker.kill('SIGKILL')
      rmSync(path, { recursive: true, force: true })
    },
  }
}

async function ask(worker: Worker): Promise<Answer> {
  worker.send('answer')
  const [answer] = await once(worker, 'message')
  return answer
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

async function work(path: string, port: number): Promise<void> {
  const hub = createHub({ broker: createClusterBroker({ path }) })
  await hub.ready
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ streams: hub.streams.size, cpu: user + system } satisfies Answer)
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
