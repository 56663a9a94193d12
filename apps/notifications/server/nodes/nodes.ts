/** `--nodes N`: so many server processes on as many ports, behind one Redis or, with `--postgres`, one PostgreSQL. What many machines would do, on one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Settings } from '../settings.ts'
import { startPostgres } from './postgres-server.ts'
import { startRedis } from './redis-server.ts'

/**
 * Starts the nodes and what they share: a Redis beside the database file, unless `REDIS_URL` names one, or a PostgreSQL, unless `DATABASE_URL` does.
 * Resolves when all have ended.
 *
 * @throws Error when it cannot be started
 */
export async function runNodes(count: number, settings: Settings, withPostgres: boolean): Promise<void> {
  const { port, databaseFile, redisUrl, databaseUrl } = settings
  const usesPostgres = withPostgres || databaseUrl !== undefined
  const given = usesPostgres ? databaseUrl : redisUrl
  const start = () => (usesPostgres ? startPostgres() : startRedis(`${databaseFile}-redis`))
  const started = given === undefined ? await start() : undefined
  const url = { [usesPostgres ? 'DATABASE_URL' : 'REDIS_URL']: given ?? started?.url }
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
        ...url,
        PORT: String(port === 0 ? 0 : port + index),
        NODE_NAME: `${index + 1}`,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    nodes.push(node)
    await prefixed(node, `node ${index + 1}, pid ${node.pid}`)
  }
  await Promise.all(nodes.map(async (node) => node.exitCode ?? node.signalCode ?? (await once(node, 'exit'))))
  await started?.stop()
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
