import type { Out } from '../log/reader.ts'
import type { Frame } from '../wire/frame.ts'
import type { Transport } from './transport.ts'

export interface OutletLimits {
  /** Milliseconds in which a full transport must take something. */
  readonly stall: number
  /** Bytes written and not taken that a stream may have. */
  readonly maxUnread: number
}

/** Whom an outlet tells. */
export interface OutletOwner {
  /** A full transport took nothing for as long as `stall`. */
  stalled(): void
  /** The transport threw. */
  failed(error: unknown): void
}

/** How often within `stall` a full transport is looked at: who takes nothing is cut off after it, and at most a quarter later. */
const looks = 4
const longestTimer = 2 ** 31 - 1

/** A transport, and how well it takes what is written. Nothing is queued here: the transport's own buffer is all there is. */
export class Outlet implements Out {
  readonly transport: Transport
  readonly #limits: OutletLimits
  readonly #owner: OutletOwner
  #full = false
  /** What was pending when it was last looked at. */
  #pending = 0
  /** Looks since the client last took something. */
  #silent = 0
  /** Runs while the transport is full, and once more after that: most drain long before it fires. */
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Sources that wait for room. */
  #waiting: (() => void)[] | undefined

  constructor(transport: Transport, limits: OutletLimits, owner: OutletOwner) {
    this.transport = transport
    this.#limits = limits
    this.#owner = owner
  }

  /** Whether the transport has said that it is full and has not drained since. */
  get full(): boolean {
    return this.#full
  }

  /** Whether more is pending than a stream may have. */
  get overflowing(): boolean {
    return this.transport.pending > this.#limits.maxUnread
  }

  /** Takes the frames in any case. @returns `false` when the transport is full */
  write(frames: readonly Frame[]): boolean {
    if (this.#full) this.#noteProgress()
    try {
      if (this.transport.write(frames)) return true
      this.filled()
    } catch (error) {
      this.failed(error)
    }
    return false
  }

  /** The transport has said that it is full. */
  filled(): void {
    if (!this.#full) this.#silent = 0
    this.#full = true
    this.#pending = this.transport.pending
    this.#watch()
  }

  failed(error: unknown): void {
    this.#owner.failed(error)
  }

  /** The transport has drained. */
  drained(): void {
    this.#full = false
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const resolve of waiting ?? []) resolve()
  }

  /** The stream has ended: a client that leaves never drains. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.drained()
  }

  /**
   * The response was ended, and what is left is still delivered. But a client that takes nothing would hold it, and all that waits in it,
   * for as long as it likes: it has as long as `stall` for anything, or `grace` milliseconds for everything.
   */
  linger(grace?: number): void {
    this.#pending = this.transport.pending
    if (this.#pending === 0) return
    this.#full = true
    this.#silent = 0
    if (grace === undefined) this.#watch()
    else this.#timer = setTimeout(() => this.#owner.stalled(), grace).unref()
  }

  /** Resolves when the transport takes more. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#full) resolve()
      else if (this.#waiting) this.#waiting.push(resolve)
      else this.#waiting = [resolve]
    })
  }

  #watch(): void {
    const { stall } = this.#limits
    if (stall === Number.POSITIVE_INFINITY) return
    this.#timer ??= setTimeout(() => this.#look(), Math.min(stall / looks, longestTimer)).unref()
  }

  #look(): void {
    this.#timer = undefined
    if (!this.#full) return
    this.#silent++
    this.#noteProgress()
    if (this.#silent > looks) this.#owner.stalled()
    else this.#watch()
  }

  #noteProgress(): void {
    const { pending } = this.transport
    if (pending < this.#pending) this.#silent = 0
    this.#pending = pending
  }
}
