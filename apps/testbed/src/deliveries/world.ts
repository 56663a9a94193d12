import { startBrokerServer } from '../broker-process.ts'
import { freePort } from '../port.ts'
import type { RunningProcess } from '../process.ts'
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts'
import { until } from '../until.ts'
import { type Client, oneOfEachKind } from './clients.ts'
import { Ledger } from './ledger.ts'
import { Publisher } from './publisher.ts'

const patience = { timeout: 30_000 }
/** Two of three events have a key. The log may refuse them while it is away. */
const publishing = {
  isKeyed: (number: number) => number % 3 !== 0,
  excused: ['log-unreachable', 'log-read-only', 'log-busy', 'log-locked', 'log-gone', 'log-full'],
  pause: 5,
}

/** A server process that reaches the home of its log by a proxy of its own. */
export interface Node {
  readonly url: string
  readonly proxy: TcpProxy
  process: RunningProcess
  /** What the process wrote when it ended by itself, because of an error. */
  readonly crash: string | undefined
  /** Starts another process on the same port. */
  restart(): Promise<void>
  /** Ends the process and the proxy for good, also while it restarts. */
  stop(): Promise<void>
}

export interface NodeOptions {
  /** The module that makes the broker of a server. */
  readonly broker: URL
  /** The port of the home of the log. */
  readonly port: number
  /** The arguments of the broker. @param port of the proxy before the home of the log */
  readonly args: (port: number) => readonly string[]
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
  /** Publishers that may be publishing, and when each has ended. */
  readonly #publishing = new Map<Publisher, Promise<void>>()
  #stopped = false

  private constructor(nodes: readonly Node[]) {
    this.nodes = nodes
    this.clients = nodes.flatMap(({ url }, index) =>
      oneOfEachKind(`${url}/events`, index, () => this.#ledger),
    )
  }

  static async start(options: NodeOptions): Promise<World> {
    const starts = await Promise.allSettled([startNode(options), startNode(options)])
    const nodes = starts.flatMap((start) => (start.status === 'fulfilled' ? start.value : []))
    const world = new World(nodes)
    try {
      for (const start of starts) if (start.status === 'rejected') throw start.reason
      await until(() => world.clients.every(({ opened }) => opened > 0), patience)
      return world
    } catch (error) {
      await world.stop()
      throw error
    }
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
    const running = Promise.all(publishers.map((publisher) => this.#publish(publisher)))
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
      for (const publisher of publishers) publisher.stop()
      await running
    } catch (error) {
      const { crash } = this.nodes.find((node) => node.crash !== undefined) ?? {}
      throw crash === undefined
        ? error
        : new Error(`A server has ended by itself: ${crash}`, { cause: error })
    } finally {
      // After a failure too, nothing is published in the next test.
      for (const publisher of publishers) publisher.close()
      await running.catch(() => {})
    }
    // A client that has the last event has or misses all others. If a client receives a gap instead, another event is the last.
    for (let attempt = 0; !(await this.#publishLast(`${number}.end${attempt}`, ledger)); attempt++) {}
    return { ledger, publishers }
  }

  /** @returns whether all clients receive it */
  async #publishLast(name: string, ledger: Ledger): Promise<boolean> {
    const publisher = this.#publisher(name, this.nodes[0]!.url, ledger)
    const running = this.#publish(publisher)
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

  /** @returns when it has ended */
  #publish(publisher: Publisher): Promise<void> {
    if (this.#stopped) throw new Error('The world has stopped.')
    const running = publisher.run().finally(() => this.#publishing.delete(publisher))
    this.#publishing.set(publisher, running)
    return running
  }

  /** Ends everything, also while a run lasts. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const publisher of this.#publishing.keys()) publisher.close()
    for (const client of this.clients) client.close()
    await Promise.allSettled(this.#publishing.values())
    await Promise.all(this.nodes.map((node) => node.stop()))
  }
}

export async function startNode({ broker, port: home, args }: NodeOptions): Promise<Node> {
  const proxy = await startTcpProxy(home)
  const port = await freePort()
  let stopped = false
  let starting: Promise<RunningProcess>
  let crash: string | undefined
  const start = async () => {
    starting = startBrokerServer(broker, port, ...args(proxy.port))
    const process = await starting
    void process.exited.then(({ code }) => {
      if (code) crash = process.output
    })
    return process
  }
  const stop = async () => {
    stopped = true
    const last = await starting.catch(() => undefined)
    await last?.kill('SIGKILL')
    proxy.close()
  }
  try {
    const node: Node = {
      url: `http://127.0.0.1:${port}`,
      proxy,
      process: await start(),
      get crash() {
        return crash
      },
      async restart() {
        if (stopped) throw new Error('The node has stopped.')
        node.process = await start()
      },
      stop,
    }
    return node
  } catch (error) {
    proxy.close()
    throw error
  }
}
