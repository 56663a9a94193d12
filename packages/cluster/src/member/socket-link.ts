import type { Socket } from 'node:net'
import type { EndedChannels, Records } from '@sse/core'
import { encodeFrame, FrameReader } from '../wire/frames.ts'
import {
  closingId,
  decodeError,
  decodeReply,
  type Greeting,
  type Method,
  type NewEntry,
  type News,
  type Outcome,
  protocol,
  type Reply,
  type Started,
  type TailLimits,
  type WirePage,
} from '../wire/messages.ts'
import type { MemberLink } from './member-link.ts'

interface PendingReply {
  readonly method: Method
  readonly reply: PromiseWithResolvers<unknown>
}

/** A member's socket to the leader. It counts as lost when the leader is silent, because a process that hangs closes nothing. */
export class SocketLink implements MemberLink {
  readonly #socket: Socket
  readonly #timeout: number
  readonly #reader = new FrameReader()
  readonly #lost = Promise.withResolvers<unknown>()
  readonly #pending = new Map<number, PendingReply>()
  #greeted: PromiseWithResolvers<void> | undefined = Promise.withResolvers<void>()
  #lastId = closingId
  /** When the leader was heard last, by the monotonic clock. */
  #heardAt = performance.now()
  readonly #timer: NodeJS.Timeout
  #isLost = false

  private constructor(socket: Socket, timeout: number) {
    this.#socket = socket
    this.#timeout = timeout
    this.#timer = setInterval(() => this.#checkSilence(), Math.min(timeout / 4, 1_000))
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error) => this.lose(error))
    socket.on('close', () => this.lose(new Error('the leader has ended')))
    socket.write(encodeFrame(JSON.stringify({ protocol } satisfies Greeting)))
  }

  /**
   * @param timeout milliseconds that the leader may be silent
   * @param signal closes the socket, also while the leader has not greeted
   * @throws (rejected) {SseError} the error of the leader
   */
  static async open(socket: Socket, timeout: number, signal: AbortSignal): Promise<SocketLink> {
    const link = new SocketLink(socket, timeout)
    const stop = () => link.lose(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    void link.lost.then(() => signal.removeEventListener('abort', stop))
    if (signal.aborted) stop()
    await link.#greeted?.promise
    return link
  }

  get lost(): Promise<unknown> {
    return this.#lost.promise
  }

  lose(reason: unknown): void {
    this.#leave(reason)
    clearInterval(this.#timer)
    this.#socket.destroy()
    for (const { reply } of this.#pending.values()) reply.reject(reason)
    this.#pending.clear()
    this.#greeted?.reject(reason)
  }

  start(tail: TailLimits): Promise<Started> {
    return this.#ask('start', tail) as Promise<Started>
  }

  next(after: string): Promise<News> {
    return this.#ask('next', after) as Promise<News>
  }

  read(after: string, limit: number): Promise<WirePage> {
    return this.#ask('read', { after, limit }) as Promise<WirePage>
  }

  records(channels: readonly string[]): Promise<Records> {
    return this.#ask('records', channels) as Promise<Records>
  }

  ended(): Promise<EndedChannels> {
    return this.#ask('ended', null) as Promise<EndedChannels>
  }

  async publish(batch: readonly NewEntry[]): Promise<readonly Outcome[] | undefined> {
    if (this.#isLost) return undefined
    return (await this.#ask('publish', batch)) as readonly Outcome[] | undefined
  }

  signal(texts: readonly string[]): Promise<void> {
    return this.#ask('signal', texts) as Promise<void>
  }

  async #ask(method: Method, argument: unknown): Promise<unknown> {
    if (this.#isLost) return this.#lost.promise.then((reason) => Promise.reject(reason))
    const id = ++this.#lastId
    const reply = Promise.withResolvers<unknown>()
    // While nothing was asked, the leader has no reason to speak.
    if (this.#pending.size === 0) this.#heardAt = performance.now()
    this.#pending.set(id, { method, reply })
    this.#socket.write(encodeFrame(JSON.stringify([id, method, argument])))
    return reply.promise
  }

  #read(chunk: Buffer): void {
    this.#heardAt = performance.now()
    try {
      for (const text of this.#reader.read(chunk)) if (text !== '') this.#take(JSON.parse(text))
    } catch (error) {
      this.lose(error)
    }
  }

  #take(message: Greeting | Reply): void {
    if (this.#greeted) this.#greet(message as Greeting)
    else this.#settle(message as Reply)
  }

  #greet({ error }: Greeting): void {
    if (error) this.lose(decodeError(error))
    this.#greeted?.resolve()
    this.#greeted = undefined
  }

  #settle(message: Reply): void {
    const [id] = message
    if (id === closingId) {
      this.#leaderCloses()
      return
    }
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    try {
      pending?.reply.resolve(decodeReply(pending.method, message))
    } catch (error) {
      pending?.reply.reject(error)
    }
    if (this.#isLost) this.#closeWhenSettled()
  }

  /** Nothing more is asked. What was published is still replied to. */
  #leaderCloses(): void {
    const reason = new Error('the leader closes')
    this.#leave(reason)
    for (const [id, { method, reply }] of this.#pending) {
      if (method === 'publish') continue
      reply.reject(reason)
      this.#pending.delete(id)
    }
    this.#closeWhenSettled()
  }

  #closeWhenSettled(): void {
    if (this.#pending.size === 0) this.lose(undefined)
  }

  #leave(reason: unknown): void {
    this.#isLost = true
    this.#lost.resolve(reason)
  }

  #checkSilence(): void {
    if (this.#pending.size === 0 && !this.#greeted) return
    const check = () => {
      const silence = performance.now() - this.#heardAt
      if (silence >= this.#timeout) this.lose(new Error(`the leader has been silent for ${this.#timeout} ms`))
    }
    // What arrived while this process was busy or paused is read before the check.
    if (performance.now() - this.#heardAt >= this.#timeout) setImmediate(check)
  }
}
