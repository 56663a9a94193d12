import type { Link, Network } from '../network/network.ts'
import { origin } from '../network/origin.ts'
import { Program } from '../world/program.ts'
import type { World } from '../world/world.ts'
import { Locks } from './locks.ts'

interface Post {
  readonly program: Program
  readonly group: string
  readonly target: EventTarget
}

/** One browser with its tabs: what they share, and nothing else. */
export class Browser {
  readonly world: World
  readonly name: string
  readonly link: Link
  readonly locks: Locks
  readonly local = new Map<string, string>()
  readonly pages = new Set<Program>()
  asleep = false
  readonly #network: Network
  readonly #channels = new Set<Post>()
  #lastPost = 0

  constructor(world: World, network: Network, name: string, proxied: boolean) {
    this.world = world
    this.name = name
    this.#network = network
    this.link = network.createLink(name, proxied)
    this.locks = new Locks(world)
  }

  /** A page begins. What it shows is up to the code that runs in it. */
  openPage(name: string, session: Map<string, string>): { program: Program; window: PageWindow } {
    const window = new PageWindow()
    const program: Program = new Program(
      this.world,
      name,
      this.#globals(() => program, window, session),
    )
    this.pages.add(program)
    return { program, window }
  }

  /** The page ends: its requests, locks and channels end with it. */
  closePage(program: Program): void {
    program.kill()
    this.pages.delete(program)
    for (const exchange of this.#network.of(program.name)) exchange.clientDied()
    for (const channel of this.#channels) if (channel.program === program) this.#channels.delete(channel)
    this.locks.release(program)
  }

  #globals(
    program: () => Program,
    window: PageWindow,
    session: Map<string, string>,
  ): Record<string, unknown> {
    const { link } = this
    const network = this.#network
    const open = (group: string) => this.#openChannel(program(), group)
    return {
      window,
      document: window.document,
      location: new URL(`${origin}/page`),
      navigator: { locks: this.locks.of(program), onLine: true },
      addEventListener: window.addEventListener.bind(window),
      removeEventListener: window.removeEventListener.bind(window),
      sessionStorage: storageOf(session),
      localStorage: storageOf(this.local),
      // biome-ignore lint/complexity/useArrowFunction: called with `new`
      BroadcastChannel: function (group: string) {
        return open(group)
      },
      requestAnimationFrame: (run: (time: number) => void) =>
        program().later(16, () => {
          if (window.document.visibilityState === 'visible') run(program().monotonicTime)
        }),
      cancelAnimationFrame: (task: { run: unknown }) => {
        task.run = undefined
      },
      fetch: (input: string | URL, init?: RequestInit) => network.fetch(program(), link, input, init),
    }
  }

  #openChannel(program: Program, group: string) {
    const own: Post = { program, group, target: new EventTarget() }
    this.#channels.add(own)
    return {
      addEventListener: (type: string, listener: (event: Event) => void) =>
        own.target.addEventListener(type, listener),
      postMessage: (message: unknown) => {
        const data = structuredClone(message)
        this.world.wire(`${program.name} to its group`, data as object)
        const { now, outside } = this.world
        // One process of the browser passes the messages on, so they arrive everywhere in one order.
        this.#lastPost = Math.max(this.#lastPost + 0.001, now + 0.1 + outside.random() * 3)
        for (const other of this.#channels) {
          if (other === own || other.group !== group) continue
          other.program.later(this.#lastPost - now, () => {
            if (this.#channels.has(other))
              other.target.dispatchEvent(Object.assign(new Event('message'), { data }))
          })
        }
      },
      close: () => this.#channels.delete(own),
    }
  }
}

/** The events of a page, and whether it is shown. */
export class PageWindow extends EventTarget {
  readonly document = { visibilityState: 'visible' as 'visible' | 'hidden', baseURI: `${origin}/page` }

  tell(type: string, fields: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), fields))
  }
}

function storageOf(map: Map<string, string>) {
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
  }
}
