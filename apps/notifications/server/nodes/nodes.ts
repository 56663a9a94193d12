/** `--nodes N`: so many server processes on as many ports, behind one Redis. What many machines would do, on one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Settings } from '../settings.ts'
import { startRedis } from './redis-server.ts'

/**
 * Starts the nodes and, unless `REDIS_URL` names one, a Redis for them. They share the database file. Resolves when all have ended.
 *
 * @throws Error when no Redis can be started
 */
export async function runNodes(count: number, { port, databaseFile, redisUrl }: Settings): Promise<void> {
  const redis = redisUrl === undefined ? await startRedis(`${databaseFile}-redis`) : undefined
  const url = redisUrl ?? redis?.url
  const nodes: ChildProcess[] = []
  // A terminal signals the nodes too. A signal to this process alone is meant for all of them.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      for (const node of nodes) node.kill(signal)
    })
  }
  // One after the other: the first one makes the database.
  for (let index = 0; index < count; index++) {
    const node = spawn(process.execPath, [...process.execArgv, process.argv[1] as string], {
      env: {
        ...process.env,
        REDIS_URL: url,
        PORT: String(port === 0 ? 0 : port + index),
        NODE_NAME: `${index + 1}`,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    nodes.push(node)
    await prefixed(node, `node ${index + 1}, pid ${node.pid}`)
  }
  await Promise.all(nodes.map(async (node) => node.exitCode ?? node.signalCode ?? (await once(node, 'exit'))))
  await redis?.stop()
}

/** Passes on what a node says, with its name in front; resolves when it has said the first thing, or ended. */
async function prefixed(node: ChildProcess, name: string): Promise<void> {
  const said = new Promise<void>((resolve) => {
    node.stdout?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trimEnd().split('\n')) console.log(`[${name}] ${line}`)
      resolve()
    })
    node.once('exit', (code, signal) => {
      console.log(`[${name}] ended: ${signal ?? code}`)
      resolve()
    })
  })
  await said
}
