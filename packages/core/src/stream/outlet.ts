import type { Frame } from '../wire/frame.ts'
import type { Transport } from './transport.ts'

export interface OutletLimits {
  /** Milliseconds in which a full transport must take something. */
  readonly stall: number
  /** Bytes written and not taken that a stream may have. */
  readonly maxUnread: number
}

/** A transport, and how well it takes what is written. Nothing is queued here: the transport's own buffer is all there is. */
export class Outlet {
  readonly #transport: Transport
  readonly #limits: OutletLimits
  readonly #now: () => number
  /** While it is full: since when nothing was taken, and how much was pending then. */
  #full: { readonly since: number; readonly pending: number } | undefined

  /** Sources that wait for room. */
  #waiting: (() => void)[] = []

  constructor(transport: Transport, limits: OutletLimits, now: () => number) {
    this.#transport = transport
    this.#limits = limits
    this.#now = now
  }

  /** Whether the transport has said that it is full and has not drained since. */
  get full(): boolean {
    return this.#full !== undefined
  }

  /** Takes the frames in any case. @returns `false` when the transport is full */
  write(frames: readonly Frame[]): boolean {
    if (this.#transport.write(frames)) return true
    this.#full ??= { since: this.#now(), pending: this.#transport.pending }
    return false
  }

  /** The transport has drained, or the stream has ended: a client that leaves never drains. */
  drained(): void {
    this.#full = undefined
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves when the transport takes more. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#full) this.#waiting.push(resolve)
      else resolve()
    })
  }

  /** Whether more is pending than a stream may have. */
  get overflowing(): boolean {
    return this.#transport.pending > this.#limits.maxUnread
  }

  /** Whether the client took nothing for too long. Asked at every heartbeat: what it took in between counts. */
  stalled(): boolean {
    if (!this.#full) return false
    const { pending } = this.#transport
    if (pending < this.#full.pending) this.#full = { since: this.#now(), pending }
    return this.#now() - this.#full.since >= this.#limits.stall
  }
}
