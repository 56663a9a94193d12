import { createRequire } from 'node:module'
import { freePort, type RunningProcess, startProcess, until } from '@sse/testbed'
import { startTcpProxy, type TcpProxy } from '../../../../apps/testbed/src/tcp-proxy.ts'
import type { Way } from './broker.ts'
import { type Client, plain, supervised } from '../../../../apps/testbed/src/deliveries/clients.ts'
import { Ledger } from '../../../../apps/testbed/src/deliveries/ledger.ts'
import { Publisher } from '../../../../apps/testbed/src/deliveries/publisher.ts'

/** Milliseconds to wait for what must come true. */
const patience = 30_000

/** A server process with its own way to Redis. */
export interface Node {
  readonly url: string
  readonly proxy: TcpProxy
  process: RunningProcess
  /** Another process in its place, on the same port. */
  restart(): Promise<void>
}

export interface WorldOptions {
  readonly prefix: string
  readonly redisPort: number
  readonly maxLength?: number | undefined
  readonly way?: Way | undefined
}

export interface Run {
  readonly ledger: Ledger
  readonly publishers: readonly Publisher[]
}

/** Two server processes on one log, two clients on each, and a publisher at each while a run lasts. */
export class World {
  readonly nodes: readonly Node[]
  readonly clients: readonly Client[]
  #ledger = new Ledger()
  #runs = 0

  private constructor(nodes: readonly Node[]) {
    this.nodes = nodes
    const ledger = () => this.#ledger
    this.clients = nodes.flatMap(({ url }, index) => [
      supervised(`supervised ${index}`, `${url}/events`, ledger),
      plain(`plain ${index}`, `${url}/events`, ledger),
    ])
  }

  static async start(options: WorldOptions): Promise<World> {
    const world = new World(await Promise.all([startNode(options), startNode(options)]))
    await until(() => world.clients.every(({ opened }) => opened > 0), { timeout: patience })
    return world
  }

  /**
   * Publishes from everywhere; lets something happen to it once all clients receive; then waits until everything works again, and
   * until all clients have what was published last.
   *
   * @returns what became of it, to judge
   */
  async run(happen: (run: Run) => Promise<void>): Promise<Run> {
    const number = this.#runs++
    const ledger = new Ledger()
    this.#ledger = ledger
    const publishers = this.nodes.map(
      ({ url }, index) => new Publisher(`${number}.${index}`, `${url}/publish`, ledger),
    )
    const publishing = Promise.all(publishers.map((publisher) => publisher.run()))
    publishing.catch(() => {})
    const smooth = async () => {
      const since = performance.now()
      const before = publishers.map((publisher) => publisher.smooth)
      const isPublishing = () => publishers.every((one, index) => one.smooth > before[index]! + 2)
      await until(isPublishing, { timeout: patience })
      await until(() => this.clients.every(({ name }) => ledger.receivedSince(name, since)), {
        timeout: patience,
      })
    }
    try {
      await smooth()
      await happen({ ledger, publishers })
      await smooth()
    } finally {
      for (const publisher of publishers) publisher.stop()
    }
    await publishing
    // The last of all: whoever has it, has or misses all before it. A gap may be told instead, and then it is not the last.
    for (let attempt = 0; !(await this.#end(`${number}.end${attempt}`, ledger)); attempt++) {}
    return { ledger, publishers }
  }

  /** Publishes once more. @returns whether all clients have it within a while */
  async #end(name: string, ledger: Ledger): Promise<boolean> {
    const publisher = new Publisher(name, `${this.nodes[0]!.url}/publish`, ledger)
    const running = publisher.run()
    publisher.stop()
    await running
    const last = ledger.acknowledged.filter((text) => text.startsWith(`${name}:`)).at(-1)
    if (last === undefined) return false
    const gaps = ledger.gaps
    const haveIt = () => this.clients.every((client) => ledger.has(client.name, last))
    await until(() => haveIt() || ledger.gaps > gaps, { timeout: patience })
    return haveIt()
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close()
    await Promise.all(this.nodes.map(({ process }) => process.kill('SIGKILL')))
    for (const { proxy } of this.nodes) proxy.close()
  }
}

export async function startNode({
  prefix,
  redisPort,
  maxLength = 100_000,
  way = 'server',
}: WorldOptions): Promise<Node> {
  const proxy = await startTcpProxy(redisPort)
  const port = await freePort()
  const redis = `redis://127.0.0.1:${proxy.port}`
  // A shorter timeout than usual: what hangs is noticed sooner.
  const start = () => startServer(port, [redis, prefix, String(maxLength), '700', way])
  const node: Node = {
    url: `http://127.0.0.1:${port}`,
    proxy,
    process: await start(),
    async restart() {
      node.process = await start()
    },
  }
  return node
}

function startServer(port: number, args: readonly string[]): Promise<RunningProcess> {
  const program = createRequire(import.meta.url).resolve('@sse/testbed/broker-server')
  const broker = new URL('broker.ts', import.meta.url).href
  return startProcess(
    process.execPath,
    ['--conditions=@sse/source', program, broker, String(port), ...args],
    {
      ready: /listening on/,
    },
  )
}
