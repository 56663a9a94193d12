import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RunningProcess, startProcess, until } from '@sse/testbed'
import { createClient, type RedisClientType } from 'redis'

/** Milliseconds for Redis to find its ports free. */
const patience = { timeout: 30_000 }
/** `pnpm test` sets it. */
const executable = process.env['REDIS_SERVER_PATH'] ?? 'redis-server'

/** A Redis on a free port, with a directory that is removed when it is stopped. */
export class RedisServer {
  readonly port: number
  readonly url: string
  readonly #args: readonly string[]
  readonly #directory = mkdtempSync(join(tmpdir(), 'sse-redis-'))
  readonly #client: RedisClientType
  #running: RunningProcess | undefined

  constructor(port: number, args: readonly string[]) {
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
    const defaults = [
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--repl-diskless-sync-delay',
      '0',
      '--enable-debug-command',
      'yes',
    ]
    this.#args = ['--port', String(port), '--dir', this.#directory, ...defaults, ...args]
    this.#client = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: 20 } })
    this.#client.on('error', () => {})
  }

  /** Starts the process, with what is on its disk. It may find its ports taken for a while. */
  async up(): Promise<void> {
    await until(() => this.start(), patience)
  }

  async start(): Promise<this> {
    this.#running = await startProcess(executable, this.#args, { ready: /Ready to accept connections/ })
    if (!this.#client.isOpen) await this.#client.connect()
    return this
  }

  async down(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#running?.kill(signal)
    this.#running = undefined
  }

  async restart(): Promise<void> {
    await this.down()
    await this.up()
  }

  async stop(): Promise<void> {
    this.#client.destroy()
    await this.down()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** Sends a command by a connection of the test. */
  command(...command: readonly (string | number)[]): Promise<unknown> {
    return this.#client.sendCommand(command.map(String))
  }
}

/** @param args further arguments, such as `--appendonly yes` */
export function startRedis(...args: readonly string[]): Promise<RedisServer> {
  // Another program may take the port before Redis does, or the second port of a node of a Cluster, 10,000 above it.
  return until(async () => new RedisServer(await freePort(), args).start(), patience)
}

/** Client connections, without that of the test. */
export async function connectionsTo(server: RedisServer): Promise<number> {
  const list = String(await server.command('CLIENT', 'LIST', 'TYPE', 'normal'))
  return list.trim().split('\n').length - 1
}
