import { randomBytes } from 'node:crypto'
import type { Published } from '@sse/core'
import type { Cursor } from '../log/cursor.ts'
import { bytesOf, takeGroup } from './group.ts'
import { encodeHead } from '../log/stored-entry.ts'
import { largest, TransferSize } from '../connection/transfer-size.ts'

/**
 * What one script appends at the most. Redis does nothing else meanwhile, which is 8 milliseconds for so many; less would cost throughput where
 * an answer takes long, because one group is on its way at a time.
 */
const mostOfGroup = 1_024
/** What may wait: for Redis to come back, or a turn that never ends. */
const most = { entries: 100_000, bytes: 67_108_864 }

/** A publish on its way. */
export interface Publish {
  readonly nonce: string
  /** The channels and the name, as they are stored. */
  readonly head: string
  readonly data: string
  readonly key: string | undefined
  readonly bytes: number
  /** When it is of no use to wait any longer, by the monotonic clock. */
  readonly deadline: number
  readonly outcome: PromiseWithResolvers<Published>
  /** Whether it was sent: then it may be in the log. */
  sent: boolean
  settled: boolean
}

/** What was published and is not settled, in the order of the calls; each for so long and no longer. */
export class Outbox {
  readonly #timeout: number
  readonly #late: (publish: Publish) => unknown
  /** Of a group. It begins large: one group is on its way at a time, and an answer may take long. */
  readonly #size = new TransferSize(largest)
  #sentAt = 0
  #waiting: Publish[] = []
  #sent: readonly Publish[] = []
  #entries = 0
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  /** @param late what a publisher is told when the time is over */
  constructor(timeout: number, late: (publish: Publish) => unknown) {
    this.#timeout = timeout
    this.#late = late
  }

  get isEmpty(): boolean {
    return this.#entries === 0
  }

  /** Whether something was sent of which is not known what became of it. */
  get isUnsure(): boolean {
    return this.#sent.some(({ settled }) => !settled)
  }

  /** `undefined` when too much waits already. */
  add(message: {
    readonly channels: readonly string[]
    readonly event: string | undefined
    readonly data: string
    readonly key: string | undefined
  }): Promise<Published> | undefined {
    const { data, key } = message
    const head = encodeHead(message.channels, message.event)
    const bytes = Buffer.byteLength(data) + Buffer.byteLength(head)
    if (this.#entries >= most.entries || this.#bytes + bytes > most.bytes) return undefined
    const publish: Publish = {
      nonce: nextNonce(),
      head,
      data,
      key,
      bytes,
      deadline: performance.now() + this.#timeout,
      outcome: Promise.withResolvers(),
      sent: false,
      settled: false,
    }
    this.#waiting.push(publish)
    this.#entries++
    this.#bytes += bytes
    this.#timer ??= this.#wait(this.#timeout)
    return publish.outcome.promise
  }

  /** The oldest that wait, as many as one script takes: they are sent now. */
  take(): readonly Publish[] {
    this.#sent = takeGroup(this.#waiting, mostOfGroup, this.#size.bytes)
    for (const publish of this.#sent) publish.sent = true
    this.#sentAt = performance.now()
    return this.#sent
  }

  /** What became of all that was sent, in its order. */
  settle(cursors: readonly (Cursor | undefined)[]): void {
    this.#size.moved(bytesOf(this.#sent), performance.now() - this.#sentAt)
    for (const [index, publish] of this.#sent.entries()) {
      const cursor = cursors[index]
      if (cursor) this.#resolve(publish, cursor)
      else this.#reject(publish, this.#late(publish))
    }
    this.#sent = []
  }

  /** What was sent and is among these is settled. */
  found(cursors: readonly Cursor[]): void {
    const byNonce = new Map(cursors.map((cursor) => [cursor.nonce, cursor]))
    for (const publish of this.#sent) {
      const cursor = byNonce.get(publish.nonce)
      if (cursor) this.#resolve(publish, cursor)
    }
  }

  /** The connection was lost over what was sent: the next group is smaller. */
  lost(): void {
    const bytes = bytesOf(this.#sent)
    if (bytes * 2 > this.#size.bytes) this.#size.lost(bytes)
  }

  /** What was sent was not appended: it waits again, before all others. */
  returnAll(): void {
    const unsettled = this.#sent.filter(({ settled }) => !settled)
    for (const publish of unsettled) publish.sent = false
    this.#waiting.unshift(...unsettled)
    this.#sent = []
  }

  /** What was sent without a key may have been appended, and nobody can tell. */
  rejectUnsure(reason: (publish: Publish) => unknown): void {
    for (const publish of this.#sent) if (publish.key === undefined) this.#reject(publish, reason(publish))
  }

  rejectAll(error: unknown): void {
    for (const publish of [...this.#sent, ...this.#waiting]) this.#reject(publish, error)
    this.#sent = []
    this.#waiting = []
  }

  #expire(): void {
    const now = performance.now()
    for (const publish of this.#sent) if (publish.deadline <= now) this.#reject(publish, this.#late(publish))
    const end = this.#waiting.findIndex(({ deadline }) => deadline > now)
    const expired = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
    for (const publish of expired) this.#reject(publish, this.#late(publish))
    const next = this.#sent.find(({ settled }) => !settled) ?? this.#waiting[0]
    this.#timer = next && this.#wait(Math.max(1, next.deadline - now))
  }

  /** What came while the process was busy is read before anything expires. */
  #wait(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => setImmediate(() => this.#expire()), milliseconds)
  }

  #resolve(publish: Publish, { id, nonce }: Cursor): void {
    if (this.#settled(publish)) publish.outcome.resolve({ id, duplicate: nonce !== publish.nonce })
  }

  #reject(publish: Publish, error: unknown): void {
    if (this.#settled(publish)) publish.outcome.reject(error)
  }

  #settled(publish: Publish): boolean {
    if (publish.settled) return false
    publish.settled = true
    this.#entries--
    this.#bytes -= publish.bytes
    if (this.#entries === 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    return true
  }
}

/** Random bytes are drawn for many nonces at a time. */
let drawn = Buffer.alloc(0)

function nextNonce(): string {
  if (drawn.length === 0) drawn = randomBytes(6 * 1_024)
  const nonce = drawn.toString('hex', 0, 6)
  drawn = drawn.subarray(6)
  return nonce
}
