import type { Out } from '../delivery/reader.ts'
import type { Frame } from '../wire/frame.ts'
import type { Transport } from './transport.ts'

export interface OutletLimits {
  /** Milliseconds in which a full transport must take something. */
  readonly stall: number
  /** Bytes that may be untaken a second after they were sent. */
  readonly maxUnread: number
}

/** Whom an outlet tells. */
export interface OutletOwner {
  /** A full transport took nothing for as long as `stall`. */
  stalled(): void
  /** More than `maxUnread` bytes are untaken although they were sent over a second ago. */
  overflowed(): void
  /** The transport threw. */
  failed(error: unknown): void
}

/** How often within `stall` a full transport is looked at: who takes nothing is cut off after it, and at most a quarter later. */
const looks = 4
const longestTimer = 2 ** 31 - 1
const second = 1_000
/** How many times `maxUnread` may be pending at any moment. */
const mostOfTurn = 64

/** A transport, and how well it takes what is written. Nothing is queued here: the transport's own buffer is all there is. */
export class Outlet implements Out {
  readonly transport: Transport
  readonly #limits: OutletLimits
  readonly #owner: OutletOwner
  #full = false
  /** What was pending when it was last looked at. */
  #pending = 0
  /** Milliseconds of waiting since the client last took something; while the process was busy nothing is counted. */
  #silent = 0
  /** Runs while the transport is full, and once more after that: most drain long before it fires. */
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Whether it runs at most a second. */
  #isClose = false
  /** What was sent lately while the transport was full; `undefined` while it is not. */
  #recent: Recent | undefined
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

  /** Takes the frames in any case. @returns `false` when the transport is full */
  write(frames: readonly Frame[]): boolean {
    if (this.#full) {
      this.#noteProgress()
      this.#recent?.add(frames)
    }
    try {
      if (this.transport.write(frames)) return true
      this.filled()
      this.#limit()
    } catch (error) {
      this.failed(error)
    }
    return false
  }

  /** What one turn sends is not too much, unless it would take the memory of the process. */
  #limit(): void {
    const { maxUnread } = this.#limits
    if (this.#pending <= maxUnread || !this.#recent) return
    if (this.#recent.without(this.#pending, maxUnread) > mostOfTurn * maxUnread) this.#owner.overflowed()
    else this.#watchClosely()
  }

  /** The transport has said that it is full. */
  filled(): void {
    if (!this.#full) this.#silent = 0
    this.#full = true
    this.#pending = this.transport.pending
    this.#recent ??= new Recent(this.#pending)
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
    const { stall, maxUnread } = this.#limits
    if (this.#timer) return
    if (this.#pending > maxUnread) this.#watchClosely()
    else if (stall !== Number.POSITIVE_INFINITY) this.#lookAfter(Math.min(stall / looks, longestTimer))
  }

  /** Every second, because there may be an overflow. */
  #watchClosely(): void {
    if (this.#isClose) return
    clearTimeout(this.#timer)
    this.#lookAfter(Math.min(this.#limits.stall / looks, second))
    this.#isClose = true
  }

  #lookAfter(wait: number): void {
    this.#timer = setTimeout(() => this.#look(wait), wait).unref()
  }

  #look(waited: number): void {
    this.#timer = undefined
    this.#isClose = false
    if (!this.#full) return
    const { maxUnread, stall } = this.#limits
    this.#silent += waited
    this.#noteProgress()
    const overflowing = this.#recent && this.#recent.unreadOf(this.#pending, maxUnread) > maxUnread
    if (overflowing) this.#owner.overflowed()
    else if (this.#silent > stall) this.#owner.stalled()
    else this.#watch()
  }

  #noteProgress(): void {
    const { pending } = this.transport
    if (pending < this.#pending) this.#silent = 0
    this.#pending = pending
  }
}

/**
 * The bytes that were sent in the last second or two while a transport was full. A client that keeps up may have much pending for a moment: all
 * that one turn sent. Only what is untaken after that is too much.
 */
class Recent {
  #since = performance.now()
  /** Sent in the second before the current one, and in the current one. */
  #before = 0
  #now: number
  /** The largest that was sent: an event that is larger than all that may be unread is still one event. */
  #largest: number

  /** @param pending bytes that were pending when the transport became full: by one event, or by those of one turn */
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

  /** How many of the bytes that are pending were sent over a second ago. An event that alone is more than `most` is left out. */
  unreadOf(pending: number, most: number): number {
    this.#turn()
    return this.without(pending, most) - this.#before - this.#now
  }

  /** How many bytes are pending, without the largest event if it alone is more than `most`. */
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
