import { maxDelay } from '../check.ts'
import type { Frame } from '../wire/frame.ts'
import type { Transport } from './transport.ts'

export interface BackpressureOptions {
  /** Milliseconds after which a client that reads nothing is disconnected. */
  readonly stall: number
  /** The maximum number of bytes that may stay unread for over a second. */
  readonly maxUnread: number
}

/** The stream or the poll that writes to the transport. */
interface Owner {
  readonly closed: boolean
  /** Called when the client reads nothing (`stalled`) or too slowly (`overflow`). The owner ends the response at once. */
  destroy(reason: 'stalled' | 'overflow'): void
  /** Called with an error of the transport. */
  failed(error: unknown): void
}

/** The number of checks of a full transport within `stall`. So a stalled client is disconnected at most a quarter of `stall` late. */
const checksPerStall = 4
const second = 1_000
/** Pending bytes above this multiple of `maxUnread` end the response at once. */
const maxPendingFactor = 64

/** Writes to a transport, and watches how fast the client reads. It has no queue: the only buffer is that of the transport. */
export class Backpressure {
  readonly transport: Transport
  readonly #options: BackpressureOptions
  readonly #owner: Owner
  #full = false
  /** The pending bytes at the last check. */
  #pending = 0
  /** Milliseconds of waiting since the client last read something. Time in which the process was busy does not count. */
  #stalledFor = 0
  /** Runs while the transport is full. The drain does not clear it, because a transport may fill and drain many times before it fires. */
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Whether the timer checks every second. */
  #checksEverySecond = false
  /** Bytes sent in the last second or two while the transport was full. `undefined` while it is not full. */
  #recent: RecentBytes | undefined
  /** Resolves the promises of `whenDrained`. */
  #waiting: (() => void)[] | undefined

  constructor(transport: Transport, options: BackpressureOptions, owner: Owner) {
    this.transport = transport
    this.#options = options
    this.#owner = owner
  }

  /** Whether a write has filled the transport, and it has not drained since. */
  get full(): boolean {
    return this.#full
  }

  /** Writes the frames, even if the transport is full. @returns `false` if it is full now */
  write(frames: readonly Frame[]): boolean {
    if (this.#full) {
      this.#noteProgress()
      this.#recent?.add(frames)
    }
    try {
      if (this.transport.write(frames)) return true
      this.becameFull()
      this.#checkPending()
    } catch (error) {
      this.failed(error)
    }
    return false
  }

  /** One turn may send more than `maxUnread`, up to a limit that protects the memory of the process. */
  #checkPending(): void {
    const { maxUnread } = this.#options
    if (this.#pending <= maxUnread || !this.#recent) return
    const pending = this.#recent.withoutLargest(this.#pending, maxUnread)
    if (pending > maxPendingFactor * maxUnread) this.#owner.destroy('overflow')
    else this.#checkEverySecond()
  }

  /** Called when a write has filled the transport. */
  becameFull(): void {
    // The write may have found that the client has left. Then nothing drains any more.
    if (this.#owner.closed) return
    if (!this.#full) this.#stalledFor = 0
    this.#full = true
    this.#pending = this.transport.pending
    this.#recent ??= new RecentBytes(this.#pending)
    this.#watch()
  }

  failed(error: unknown): void {
    this.#owner.failed(error)
  }

  /** Called when the transport has drained. */
  drained(): void {
    this.#full = false
    this.#recent = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const resolve of waiting ?? []) resolve()
  }

  /** Called when the stream has ended. It acts like a drain, because the transport of a client that has left never drains. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.drained()
  }

  /**
   * Called when the response was ended, and its pending bytes are still delivered. So that a stalled client does not keep them in memory, it
   * must read something within `stall`, or everything within `grace` milliseconds.
   */
  linger(grace?: number): void {
    this.#pending = this.transport.pending
    if (this.#pending === 0) return
    this.#full = true
    this.#stalledFor = 0
    if (grace === undefined) this.#watch()
    else this.#timer = setTimeout(() => this.#owner.destroy('stalled'), grace).unref()
  }

  /** Resolves when the transport is not full. */
  whenDrained(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#full) resolve()
      else if (this.#waiting) this.#waiting.push(resolve)
      else this.#waiting = [resolve]
    })
  }

  #watch(): void {
    const { stall, maxUnread } = this.#options
    if (this.#timer) return
    if (this.#pending > maxUnread) this.#checkEverySecond()
    else if (stall !== Number.POSITIVE_INFINITY) this.#checkAfter(Math.min(stall / checksPerStall, maxDelay))
  }

  /** For a transport that may overflow. */
  #checkEverySecond(): void {
    if (this.#checksEverySecond) return
    clearTimeout(this.#timer)
    this.#checkAfter(Math.min(this.#options.stall / checksPerStall, second))
    this.#checksEverySecond = true
  }

  #checkAfter(delay: number): void {
    this.#timer = setTimeout(() => this.#check(delay), delay).unref()
  }

  #check(waited: number): void {
    this.#timer = undefined
    this.#checksEverySecond = false
    if (!this.#full) return
    const { maxUnread, stall } = this.#options
    this.#stalledFor += waited
    this.#noteProgress()
    const isOverflowing = this.#recent && this.#recent.unread(this.#pending, maxUnread) > maxUnread
    if (isOverflowing) this.#owner.destroy('overflow')
    else if (this.#stalledFor > stall) this.#owner.destroy('stalled')
    else this.#watch()
  }

  #noteProgress(): void {
    const { pending } = this.transport
    if (pending < this.#pending) this.#stalledFor = 0
    this.#pending = pending
  }
}

/**
 * Counts the bytes that were sent in the last second or two while a transport was full. All bytes that one turn sends may be pending although
 * the client keeps up, so only older bytes count as unread.
 */
class RecentBytes {
  #since = performance.now()
  /** The bytes sent in the previous second and in the current one. */
  #previous = 0
  #current: number
  /** The bytes of the largest frame. A single event may be larger than `maxUnread`. */
  #largest: number

  /** @param pending the pending bytes when the transport became full: those of one event or of one turn */
  constructor(pending: number) {
    this.#current = pending
    this.#largest = pending
  }

  add(frames: readonly Frame[]): void {
    this.#rotate()
    for (const { bytes } of frames) {
      this.#current += bytes.length
      this.#largest = Math.max(this.#largest, bytes.length)
    }
  }

  /** The pending bytes that were sent over a second ago, without the largest event if it has more than `max` bytes. */
  unread(pending: number, max: number): number {
    this.#rotate()
    return this.withoutLargest(pending, max) - this.#previous - this.#current
  }

  /** The pending bytes, without the largest event if it has more than `max` bytes. */
  withoutLargest(pending: number, max: number): number {
    return pending - (this.#largest > max ? this.#largest : 0)
  }

  #rotate(): void {
    const elapsed = performance.now() - this.#since
    if (elapsed < second) return
    this.#previous = elapsed < 2 * second ? this.#current : 0
    this.#current = 0
    this.#since += Math.floor(elapsed / second) * second
  }
}
