import { createSseClient } from '@sse/client'
import {
  freePort,
  type RunningProcess,
  startBrokerServer,
  startTcpProxy,
  type TcpProxy,
  until,
} from '@sse/testbed'
import { type Client, Ledger, Publisher, plain, supervised } from '@sse/testbed/deliveries'
import { EventSource } from 'eventsource'
import type { Topology } from './broker.ts'

const patience = { timeout: 30_000 }
/** Two of three events have a key. Redis may refuse them while it is away. */
const publishing = {
  isKeyed: (number: number) => number % 3 !== 0,
  excused: ['log-unreachable', 'log-read-only', 'log-busy'],
  pause: 5,
}

/** A server process that reaches Redis by a proxy of its own. */
export interface Node {
  readonly url: string
  readonly proxy: TcpProxy
  process: RunningProcess
  /** Starts another process on the same port. */
  restart(): Promise<void>
}

export interface WorldOptions {
  readonly prefix: string
  readonly redisPort: number
  readonly maxLength?: number | undefined
  readonly topology?: Topology | undefined
}

export interface Run {
  readonly ledger: Ledger
  readonly publishers: readonly Publisher[]
}

/** Two server processes on one log, two clients on each, and a publisher for each while a run lasts. */
export class World {
  readonly nodes: readonly Node[]
  readonly clients: readonly Client[]
  #ledger = new Ledger()
  #runs = 0

  private constructor(nodes: readonly Node[]) {
    this.nodes = nodes
    const ledger = () => this.#ledger
    this.clients = nodes.flatMap(({ url }, index) => {
      const events = `${url}/events`
      const client = createSseClient<{ tick: string }>(events, {
        backoff: { base: 20, max: 100 },
        parse: 'text',
      })
      return [
        supervised(`supervised ${index}`, client, ledger, 'a cursor'),
        plain(`plain ${index}`, new EventSource(events), ledger, 'a cursor'),
      ]
    })
  }

  static async start(options: WorldOptions): Promise<World> {
    const world = new World(await Promise.all([startNode(options), startNode(options)]))
    await until(() => world.clients.every(({ opened }) => opened > 0), patience)
    return world
  }

  /**
   * Publishes to both servers. Calls `happen` when all clients receive, then waits until all clients receive again and have the last event.
   *
   * @returns what is to be judged
   */
  async run(happen: (run: Run) => Promise<void>): Promise<Run> {
    const number = this.#runs++
    const ledger = new Ledger()
    this.#ledger = ledger
    const publishers = this.nodes.map(({ url }, index) => this.#publisher(`${number}.${index}`, url, ledger))
    const running = Promise.all(publishers.map((publisher) => publisher.run()))
    running.catch(() => {})
    const allReceive = async () => {
      const since = performance.now()
      const before = publishers.map((publisher) => publisher.smooth)
      await until(() => publishers.every((one, index) => one.smooth > before[index]! + 2), patience)
      await until(() => this.clients.every(({ name }) => ledger.receivedSince(name, since)), patience)
    }
    try {
      await allReceive()
      await happen({ ledger, publishers })
      await allReceive()
    } finally {
      for (const publisher of publishers) publisher.stop()
    }
    await running
    // A client that has the last event has or misses all others. If a client receives a gap instead, another event is the last.
    for (let attempt = 0; !(await this.#publishLast(`${number}.end${attempt}`, ledger)); attempt++) {}
    return { ledger, publishers }
  }

  /** @returns whether all clients receive it */
  async #publishLast(name: string, ledger: Ledger): Promise<boolean> {
    const publisher = this.#publisher(name, this.nodes[0]!.url, ledger)
    const running = publisher.run()
    publisher.stop()
    await running
    const last = ledger.acknowledged.filter((text) => text.startsWith(`${name}:`)).at(-1)
    if (last === undefined) return false
    const { gaps } = ledger
    const haveIt = () => this.clients.every((client) => ledger.has(client.name, last))
    await until(() => haveIt() || ledger.gaps > gaps, patience)
    return haveIt()
  }

  #publisher(name: string, url: string, ledger: Ledger): Publisher {
    return new Publisher(name, `${url}/publish`, ledger, publishing)
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close()
    await Promise.all(this.nodes.map(({ process }) => process.kill('SIGKILL')))
    for (const { proxy } of this.nodes) proxy.close()
  }
}

export async function startNode(options: WorldOptions): Promise<Node> {
  const { prefix, redisPort, maxLength = 100_000, topology = 'server' } = options
  const proxy = await startTcpProxy(redisPort)
  const port = await freePort()
  // A timeout shorter than the default: a connection that hangs is noticed sooner.
  const args = [`redis://127.0.0.1:${proxy.port}`, prefix, String(maxLength), '700', topology]
  const start = () => startBrokerServer(new URL('broker.ts', import.meta.url), port, ...args)
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
