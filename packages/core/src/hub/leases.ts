import type { Signal } from './signals.ts'

/** Milliseconds between two `alive` signals of a hub. */
const interval = 1_000
/** Milliseconds after its last `alive` signal during which a hub counts as live. */
const lease = 5_000
/** Milliseconds in which the other hubs answer a hub that has just started. */
const helloTimeout = 1_000

export interface LeasesOptions {
  /** This hub's own name. */
  readonly hub: string
  readonly send: (signal: Signal) => void
  /** The number of changes that this hub has made to its members. */
  readonly presence: () => number
  /** Called once a second, when leases may have expired. */
  readonly onCheck: () => void
}

/** Knows which hubs of the log are live. Each hub sends an `alive` signal every second, which gives it a lease of five seconds. */
export class Leases {
  readonly #options: LeasesOptions
  /** When each hub was last heard, by the monotonic clock. It includes this hub, which receives its own signals. */
  readonly #heard = new Map<string, number>()
  /** Called whenever a hub was heard. */
  readonly #listeners = new Set<() => void>()
  #helloAt = 0
  #hasLapsed = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: LeasesOptions) {
    this.#options = options
  }

  /** The live hubs, including this one. */
  get hubs(): readonly string[] {
    const { hub } = this.#options
    return [...new Set([hub, ...this.#heard.keys()])].filter((name) => this.isLive(name))
  }

  /** Whether this hub has not received its own signals for so long that the other hubs do not count it as live. */
  get ownLeaseExpired(): boolean {
    return this.#silence(this.#options.hub) > lease
  }

  /**
   * Whether the other hubs may not have counted this hub as live for some time since the last `forgetLapse`. Signals come back before the entries
   * that this hub has missed.
   */
  get hasLapsed(): boolean {
    return this.#hasLapsed || this.ownLeaseExpired
  }

  /** Called when what may have been missed was dealt with. */
  forgetLapse(): void {
    this.#hasLapsed = false
  }

  /** Whether this hub has started so recently that it may not have heard every other one. */
  get isSettling(): boolean {
    return performance.now() - this.#helloAt <= lease
  }

  isLive(hub: string): boolean {
    return hub === this.#options.hub || this.#silence(hub) <= lease
  }

  /** As `isLive`, but if this hub has just started, first waits until the other hubs have answered it. */
  async confirmLive(hub: string): Promise<boolean> {
    const remaining = this.#helloAt + helloTimeout - performance.now()
    if (!this.isLive(hub) && remaining > 0) {
      await new Promise<void>((resolve) => {
        const check = () => {
          if (this.isLive(hub)) done()
        }
        const done = () => {
          clearTimeout(timer)
          this.#listeners.delete(check)
          resolve()
        }
        const timer = setTimeout(done, remaining)
        this.#listeners.add(check)
      })
    }
    return this.isLive(hub)
  }

  /** Called when the broker reaches its log, for the first time or again. */
  hello(): void {
    const { hub, send, presence } = this.#options
    this.#noteLapse()
    this.#helloAt = performance.now()
    this.#heard.set(hub, this.#helloAt)
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
      if (signal.hub === own) this.#noteLapse()
      this.#heard.set(signal.hub, performance.now())
      if (signal.hello && signal.hub !== own) send({ type: 'alive', hub: own, presence: presence() })
      for (const check of this.#listeners) check()
    }
  }

  /** Called before this hub is heard again. Before its first `hello` it has missed nothing. */
  #noteLapse(): void {
    if (this.#timer && this.ownLeaseExpired) this.#hasLapsed = true
  }

  #tick(): void {
    const { hub, send, onCheck, presence } = this.#options
    for (const name of this.#heard.keys()) if (!this.isLive(name)) this.#heard.delete(name)
    send({ type: 'alive', hub, presence: presence() })
    onCheck()
  }

  #silence(hub: string): number {
    return performance.now() - (this.#heard.get(hub) ?? Number.NEGATIVE_INFINITY)
  }
}
