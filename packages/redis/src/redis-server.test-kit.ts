import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RunningProcess, startProcess, until } from '@sse/testbed'
import { createClient, type RedisClientType } from 'redis'

export interface RedisServerOptions {
  /** Further arguments: `['--appendonly', 'yes']`. */
  readonly args?: readonly string[]
}

/** A Redis of the test's own, on a free port, in a directory of its own that is gone with it. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Sends a command, over a connection of the test's own. */
  command(...args: readonly (string | number)[]): Promise<unknown>
  /** Takes it down and up again, with what it has on its disk. */
  restart(signal?: NodeJS.Signals): Promise<void>
  down(signal?: NodeJS.Signals): Promise<void>
  up(): Promise<void>
  stop(): Promise<void>
}

/** `REDIS_SERVER_PATH` names the executable (`pnpm test` sets it); default `redis-server`. */
export async function startRedis({ args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'sse-redis-'))
  const start = (at: number) =>
    startProcess(executable, [...settings(at, directory), ...args], { ready: /Ready to accept connections/ })
  // Another socket of the machine may take the port before Redis does, or the second port of a Cluster's node, 10,000 above it.
  const first = await until(
    async () => {
      const port = await freePort()
      return { port, process: await start(port) }
    },
    { timeout: patience },
  )
  const { port } = first
  const client: RedisClientType = createClient({
    socket: { port, host: '127.0.0.1', reconnectStrategy: 20 },
  })
  client.on('error', () => {})
  let running: RunningProcess | undefined = first.process
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    command: (...command) => client.sendCommand(command.map(String)),
    async down(signal = 'SIGKILL') {
      await running?.kill(signal)
      running = undefined
    },
    async up() {
      running = await until(() => start(port), { timeout: patience })
    },
    async restart(signal) {
      await server.down(signal)
      await server.up()
    },
    async stop() {
      client.destroy()
      await server.down()
      rmSync(directory, { recursive: true, force: true })
    },
  }
  await client.connect()
  return server
}

/** Connections of clients but for the test's own. */
export async function connectionsTo(server: RedisServer): Promise<number> {
  const list = String(await server.command('CLIENT', 'LIST', 'TYPE', 'normal'))
  return list.trim().split('\n').length - 1
}

/** Milliseconds for Redis to find its ports free. */
const patience = 30_000

const executable = process.env['REDIS_SERVER_PATH'] ?? 'redis-server'

function settings(port: number, directory: string): string[] {
  return [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--daemonize', 'no'],
    ...['--save', '', '--appendonly', 'no', '--enable-debug-command', 'yes'],
  ]
}
