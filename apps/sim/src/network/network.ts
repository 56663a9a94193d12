import { between } from '@sse/testbed/random'
import type { Program } from '../world/program.ts'
import type { World } from '../world/world.ts'
import { Exchange } from './exchange.ts'

/** A server process as the network sees it. */
export interface Listener {
  readonly program: Program
  /** Whether it takes connections. */
  readonly listening: boolean
  handle(request: Request): Promise<Response>
}

/** The way from one browser to the servers, and what is wrong with it. */
export interface Link {
  readonly name: string
  /** `offline`: every request fails at once. `blackhole`: nothing arrives, and nobody is told. */
  state: 'up' | 'offline' | 'blackhole'
  /** Milliseconds that everything takes longer. */
  slow: number
  /** A proxy on the way keeps a response until it ends. */
  buffering: boolean
  /** A proxy on the way sends some requests twice. */
  duplicating: boolean
  /** A proxy on the way answers 502 where no server listens. Without one the connection is refused. */
  readonly proxied: boolean
}

/** The network between pages and servers. It has the faults of real ones, and calls the real code at both ends. */
export class Network {
  readonly world: World
  readonly listeners: Listener[] = []
  readonly exchanges = new Set<Exchange>()
  #count = 0

  constructor(world: World) {
    this.world = world
  }

  createLink(name: string, proxied: boolean): Link {
    return { name, state: 'up', slow: 0, buffering: false, duplicating: false, proxied }
  }

  /** What `fetch` is in a page. */
  fetch(program: Program, link: Link, input: string | URL, init: RequestInit = {}): Promise<Response> {
    const exchange = new Exchange(this, program, link, `${program.name}#${++this.#count}`, input, init)
    this.exchanges.add(exchange)
    return exchange.response
  }

  /** A balancer chooses a process that listens; now and then it does not know yet that one has died. */
  choose(exchange: Exchange): Listener | undefined {
    const { random } = exchange
    const listening = this.listeners.filter((one) => one.listening)
    const among = random() < 0.02 ? this.listeners : listening
    return among[between(random, 0, Math.max(0, among.length - 1))]
  }

  /** The exchanges of a browser or, by its name, of one page. */
  of(name: string): Exchange[] {
    return [...this.exchanges].filter(({ program, link }) => link.name === name || program.name === name)
  }
}
