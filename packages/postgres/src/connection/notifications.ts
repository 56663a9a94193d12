import { randomText } from '@sse/core/internal'
import type { Log } from '../log/log.ts'
import type { Driver } from './driver.ts'

/** Milliseconds in which a notification of this process's own must arrive. */
const probeTimeout = 2_000
/** Milliseconds between two looks whether notifications still arrive. */
const probeInterval = 5_000
/** Milliseconds before the next attempt to listen: the first, doubled after each failure, and the limit. */
const backoff = { base: 100, max: 10_000 }

export interface NotificationsOptions {
  readonly log: Log
  /** `undefined`: the broker polls. */
  readonly driver: Driver | undefined
  /** Called with every notification: something is new. */
  readonly onNews: (payload: string) => void
  /** Called when notifications begin to arrive, or no longer do. */
  readonly onChange: (arriving: boolean) => void
}

/**
 * Listens for notifications, and knows whether they arrive. A pooler in transaction mode takes a LISTEN and drops it, so the process sends
 * itself a notification: at first, and whenever none has arrived for a while.
 */
export class Notifications {
  readonly #options: NotificationsOptions
  readonly #token = `probe ${randomText(6)}`
  #stop: (() => unknown) | undefined
  #arriving = false
  /** Whether a notification has arrived since the last look. */
  #heard = false
  #onProbe: (() => void) | undefined
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: NotificationsOptions) {
    this.#options = options
    if (options.driver?.listen) void this.#connect()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#onProbe?.()
    await this.#end()
  }

  async #connect(): Promise<void> {
    const { log, driver, onNews } = this.#options
    try {
      let isLost = false
      let stop: (() => unknown) | undefined
      stop = await driver!.listen!(log.name, {
        notified: (payload) => {
          this.#heard = true
          if (payload === this.#token) this.#onProbe?.()
          else if (!payload.startsWith('probe ')) onNews(payload)
        },
        lost: () => {
          isLost = true
          if (stop && this.#stop === stop) this.#lost()
        },
      })
      if (this.#closed || isLost) {
        await stop()
        if (!this.#closed) this.#retry()
        return
      }
      this.#stop = stop
      await this.#check()
    } catch {
      this.#retry()
    }
  }

  /** Sends a notification to itself. */
  async #check(): Promise<void> {
    const stop = this.#stop
    const arrived = await this.#probe()
    if (this.#closed || this.#stop !== stop) return
    if (!arrived) {
      await this.#end()
      this.#lost()
      return
    }
    this.#failures = 0
    this.#set(true)
    this.#later(probeInterval, () => void this.#look())
  }

  /** Other notifications show it too. */
  async #look(): Promise<void> {
    const heard = this.#heard
    this.#heard = false
    if (heard) this.#later(probeInterval, () => void this.#look())
    else await this.#check()
  }

  async #probe(): Promise<boolean> {
    const arrival = Promise.withResolvers<boolean>()
    this.#onProbe = () => arrival.resolve(!this.#closed)
    const timer = setTimeout(() => arrival.resolve(false), probeTimeout)
    this.#options.log.notify(this.#token).catch(() => arrival.resolve(false))
    const arrived = await arrival.promise
    clearTimeout(timer)
    this.#onProbe = undefined
    return arrived
  }

  #lost(): void {
    this.#stop = undefined
    this.#onProbe?.()
    this.#set(false)
    this.#retry()
  }

  #retry(): void {
    if (this.#closed) return
    const milliseconds = Math.min(backoff.base * 2 ** this.#failures++, backoff.max)
    this.#later(milliseconds * (0.5 + Math.random()), () => void this.#connect())
  }

  #later(milliseconds: number, run: () => void): void {
    clearTimeout(this.#timer)
    if (!this.#closed) this.#timer = setTimeout(run, milliseconds)
  }

  #set(arriving: boolean): void {
    if (this.#arriving === arriving || this.#closed) return
    this.#arriving = arriving
    this.#options.onChange(arriving)
  }

  async #end(): Promise<void> {
    const stop = this.#stop
    this.#stop = undefined
    try {
      await stop?.()
    } catch {
      // The connection is lost already.
    }
  }
}
