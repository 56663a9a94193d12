import type { Frame } from '../wire/frame.ts'
import type { Transport } from './transport.ts'

export interface BackpressureOptions {
  /** Milliseconds within which a full transport must take something. */
  readonly stall: number
  /** Bytes that the client may leave untaken for over a second. */
  readonly maxUnread: number
}

/** The stream or the poll that writes. */
interface Owner {
  /** The client takes nothing (`stalled`) or too little (`overflow`): end the response at once. */
  cut(reason: 'stalled' | 'overflow'): void
  /** The transport has thrown. */
  failed(error: unknown): void
}

/** How often a full transport is looked at within `stall`. A client that takes nothing is cut at most a quarter later. */
const looks = 4
const longestTimer = 2 ** 31 - 1
const second = 1_000
/** Pending bytes, in multiples of `maxUnread`, at which the stream is cut at once. */
const mostOfTurn = 64

/**
 * Writes to a transport and watches how fast the client takes what was written. Nothing is queued here: the transport's own buffer is the
 * only one.
 */
export class Backpressure {
  readonly transport: Transport
  readonly #options: BackpressureOptions
  readonly #owner: Owner
  #full = false
  /** Bytes pending when the transport was last looked at. */
  #pending = 0
  /** Milliseconds of waiting since the client last took something. Time in which the process was busy does not count. */
  #silent = 0
  /** Runs while the transport is full. It is not cleared at the drain, because most drains come long before it fires. */
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Whether the timer fires within a second. */
  #isClose = false
  /** Bytes sent in the last second or two while the transport was full. `undefined` while it is not full. */
  #recent: RecentBytes | undefined
  /** Resolves the promises of `room`. */
  #waiting: (() => void)[] | undefined

  constructor(transport: Transport, options: BackpressureOptions, owner: Owner) {
    this.transport = transport
    this.#options = options
    this.#owner = owner
  }

  /** Whether the transport has answered that it is full, and has not drained since. */
  get full(): boolean {
    return this.#full
  }

  /** Takes the frames in any case. @returns `false` when the transport is full */
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

  /** Whatever one turn sends is allowed, unless it would use up the memory of the process. */
  #checkPending(): void {
    const { maxUnread } = this.#options
    if (this.#pending <= maxUnread || !this.#recent) return
    if (this.#recent.without(this.#pending, maxUnread) > mostOfTurn * maxUnread) this.#owner.cut('overflow')
    else this.#watchClosely()
  }

  /** The transport has answered that it is full. */
  becameFull(): void {
    if (!this.#full) this.#silent = 0
    this.#full = true
    this.#pending = this.transport.pending
    this.#recent ??= new RecentBytes(this.#pending)
    this.#watch()
  }

  failed(error: unknown): void {
    this.#owner.failed(error)
  }

  /** The transport has drained. */
  drained(): void {
    this.#full = false
    this.#recent = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const resolve of waiting ?? []) resolve()
  }

  /** The stream has ended. The transport of a client that has left never drains. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.drained()
  }

  /**
   * The response was ended, and its pending bytes are still delivered. A client that takes nothing would hold them in memory. So it must
   * take something within `stall`, or everything within `grace` milliseconds.
   */
  linger(grace?: number): void {
    this.#pending = this.transport.pending
    if (this.#pending === 0) return
    this.#full = true
    this.#silent = 0
    if (grace === undefined) this.#watch()
    else this.#timer = setTimeout(() => this.#owner.cut('stalled'), grace).unref()
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
    const { stall, maxUnread } = this.#options
    if (this.#timer) return
    if (this.#pending > maxUnread) this.#watchClosely()
    else if (stall !== Number.POSITIVE_INFINITY) this.#lookAfter(Math.min(stall / looks, longestTimer))
  }

  /** Looks every second, because there may be an overflow. */
  #watchClosely(): void {
    if (this.#isClose) return
    clearTimeout(this.#timer)
    this.#lookAfter(Math.min(this.#options.stall / looks, second))
    this.#isClose = true
  }

  #lookAfter(wait: number): void {
    this.#timer = setTimeout(() => this.#look(wait), wait).unref()
  }

  #look(waited: number): void {
    this.#timer = undefined
    this.#isClose = false
    if (!this.#full) return
    const { maxUnread, stall } = this.#options
    this.#silent += waited
    this.#noteProgress()
    const overflowing = this.#recent && this.#recent.unreadOf(this.#pending, maxUnread) > maxUnread
    if (overflowing) this.#owner.cut('overflow')
    else if (this.#silent > stall) this.#owner.cut('stalled')
    else this.#watch()
  }

  #noteProgress(): void {
    const { pending } = this.transport
    if (pending < this.#pending) this.#silent = 0
    this.#pending = pending
  }
}

/**
 * Bytes that were sent in the last second or two while a transport was full. A client that keeps up may have everything pending that one
 * turn has sent. Only bytes that are older count as unread.
 */
class RecentBytes {
  #since = performance.now()
  /** Bytes sent in the second before the current one, and in the current one. */
  #before = 0
  #now: number
  /** The largest frame. A single event may be larger than `maxUnread`. */
  #largest: number

  /** @param pending bytes that were pending when the transport became full: those of one event, or of one turn */
  constructor(pending: number) {
    this.#now = pending
    this.#largest = pending
  }

  add(frames: readonly Frame[]): void {
    this.#turn()
    for (const { bytes } of frames) {
      this.#now += bytes.length
      this.#largest = Math.max(this.#largest, bytes.length)
    }
  }

  /** How many of the pending bytes were sent over a second ago. A single event of more than `most` bytes is left out. */
  unreadOf(pending: number, most: number): number {
    this.#turn()
    return this.without(pending, most) - this.#before - this.#now
  }

  /** How many bytes are pending, without the largest event if it has more than `most`. */
  without(pending: number, most: number): number {
    return pending - (this.#largest > most ? this.#largest : 0)
  }

  #turn(): void {
    const elapsed = performance.now() - this.#since
    if (elapsed < second) return
    this.#before = elapsed < 2 * second ? this.#now : 0
    this.#now = 0
    this.#since += Math.floor(elapsed / second) * second
  }
}
