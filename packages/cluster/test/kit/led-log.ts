import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Broker, createMemoryBroker } from '@sse/core'
import { createSqliteBroker } from '@sse/sqlite'
import { newDirectory, Recorder, startSocketProxy, type TcpProxy } from '@sse/testbed'
import { createClusterBroker } from '../../src/index.ts'

/** What the suite asks of a log to hold. */
export const entries = 6_000

/** A log whose leader is no member of the test. Each member reaches it by a proxy, so it never leads itself. */
export class LedLog {
  readonly #directory = newDirectory()
  readonly #kind: 'memory' | 'SQLite'
  readonly #proxies = new Map<Broker, TcpProxy>()
  #leader: Broker | undefined
  #members = 0
  #time = Date.now()

  constructor(kind: 'memory' | 'SQLite') {
    this.#kind = kind
  }

  async lead(): Promise<this> {
    this.#leader = createClusterBroker({ path: this.#path, broker: () => this.#createBroker() })
    await this.#leader.start(new Recorder())
    return this
  }

  async connect(): Promise<Broker> {
    const path = join(this.#directory, `member${++this.#members}`)
    mkdirSync(join(path, 'leader'), { recursive: true, mode: 0o700 })
    const proxy = await startSocketProxy(join(path, 'leader', 'theproxy'), () => this.#socket)
    const broker = createClusterBroker({ path, timeout: 10_000 })
    this.#proxies.set(broker, proxy)
    return broker
  }

  /** Nobody leads meanwhile. */
  async replaceLeader(change: (file: string) => void = () => {}): Promise<void> {
    await this.#leader?.close()
    change(this.#file)
    await this.lead()
  }

  advance(milliseconds: number): void {
    this.#time += milliseconds
  }

  /** The log removes only what exceeds its limits. */
  async trim(): Promise<void> {
    const leader = this.#leader!
    await Promise.all(Array.from({ length: entries }, (_, n) => leader.publish(['filler'], { data: `${n}` })))
  }

  proxyOf(broker: Broker): TcpProxy {
    return this.#proxies.get(broker)!
  }

  async destroy(): Promise<void> {
    await this.#leader?.close()
    for (const proxy of this.#proxies.values()) proxy.close()
  }

  get #path(): string {
    return join(this.#directory, 'log')
  }

  get #file(): string {
    return join(this.#directory, 'log.db')
  }

  get #socket(): string {
    const folder = join(this.#path, 'leader')
    try {
      return join(folder, readdirSync(folder)[0] ?? 'nothing')
    } catch {
      return join(folder, 'nothing')
    }
  }

  #createBroker(): Broker {
    const now = () => this.#time
    return this.#kind === 'memory'
      ? createMemoryBroker({ entries, now })
      : createSqliteBroker(this.#file, { synchronous: 'off', keep: { entries }, now })
  }
}

export function deleteLog(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
}

export function loseTail(file: string, count: number): void {
  const database = new DatabaseSync(file)
  database.prepare('DELETE FROM sse_entries WHERE seq > (SELECT max(seq) FROM sse_entries) - ?').run(count)
  database.close()
}
