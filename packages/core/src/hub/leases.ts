import type { Signal } from './signals.ts'

/** Milliseconds between two signs of life of a hub. */
const interval = 1_000
/** Milliseconds after its last sign of life during which a hub counts as alive. */
const lease = 5_000
/** Milliseconds in which the hubs of the log answer a hub that has just started. */
const settling = 1_000

export interface LeasesOptions {
  /** This hub's own name. */
  readonly hub: string
  readonly send: (signal: Signal) => void
  /** How many changes of its members this hub has told. */
  readonly presence: () => number
  /** Called once a second, when leases may have run out. */
  readonly checked: () => void
}

/** Which hubs of the log live: each says so once a second, and is taken for dead five seconds after it last did. */
export class Leases {
  readonly #options: LeasesOptions
  /** When each was last heard, by the monotonic clock; this hub too, because its own signals come back to it. */
  readonly #heard = new Map<string, number>()
  /** Called whenever a hub was heard. */
  readonly #looks = new Set<() => void>()
  #saidHello = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: LeasesOptions) {
    this.#options = options
  }

  /** The hubs that live, this one included. */
  get hubs(): readonly string[] {
    const { hub } = this.#options
    return [...new Set([hub, ...this.#heard.keys()])].filter((name) => this.isLive(name))
  }

  /** Whether this hub was not heard by itself for so long that the others take it for dead. */
  get isCutOff(): boolean {
    return this.#silence(this.#options.hub) > lease
  }

  /** Whether this hub has started so recently that it may not have heard every other one. */
  get isSettling(): boolean {
    return performance.now() - this.#saidHello <= lease
  }

  isLive(hub: string): boolean {
    return hub === this.#options.hub || this.#silence(hub) <= lease
  }

  /** As `isLive`, for a hub that may not have heard the others yet because it has just started itself. */
  async knows(hub: string): Promise<boolean> {
    const left = this.#saidHello + settling - performance.now()
    if (!this.isLive(hub) && left > 0) {
      await new Promise<void>((resolve) => {
        const look = () => {
          if (this.isLive(hub)) done()
        }
        const done = () => {
          clearTimeout(timer)
          this.#looks.delete(look)
          resolve()
        }
        const timer = setTimeout(done, left)
        this.#looks.add(look)
      })
    }
    return this.isLive(hub)
  }

  /** The broker reaches its log, for the first time or again. */
  hello(): void {
    const { hub, send, presence } = this.#options
    this.#saidHello = performance.now()
    this.#heard.set(hub, this.#saidHello)
    send({ type: 'alive', hub, hello: true, presence: presence() })
    this.#timer ??= setInterval(() => this.#tick(), interval).unref()
  }

  close(): void {
    clearInterval(this.#timer)
    if (this.#timer) this.#options.send({ type: 'left', hub: this.#options.hub })
  }

  onSignal(signal: Extract<Signal, { type: 'alive' | 'left' }>): void {
    const { hub: own, send, presence } = this.#options
    if (signal.type === 'left') this.#heard.delete(signal.hub)
    else {
      this.#heard.set(signal.hub, performance.now())
      if (signal.hello && signal.hub !== own) send({ type: 'alive', hub: own, presence: presence() })
      for (const look of this.#looks) look()
    }
  }

  #tick(): void {
    const { hub, send, checked, presence } = this.#options
    for (const name of this.#heard.keys()) if (!this.isLive(name)) this.#heard.delete(name)
    send({ type: 'alive', hub, presence: presence() })
    checked()
  }

  #silence(hub: string): number {
    return performance.now() - (this.#heard.get(hub) ?? Number.NEGATIVE_INFINITY)
  }
}
