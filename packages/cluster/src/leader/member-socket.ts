import { once } from 'node:events'
import type { Socket } from 'node:net'
import { logFailure } from '@sse/core/internal'
import { encodeFrame, FrameReader, keepAlive } from '../wire/frames.ts'
import {
  closingId,
  encodeError,
  encodeFailure,
  encodeReply,
  type Greeting,
  type NewEntry,
  protocol,
  type Request,
  type TailLimits,
  type WireError,
} from '../wire/messages.ts'
import type { Session } from './session.ts'

/** Requests of one member that are answered at the same time. */
const mostRequests = 16

/** The leader's end of the socket to a member. Requests of a member that does not read its replies are not read either. */
export class MemberSocket {
  readonly #socket: Socket
  readonly #reader = new FrameReader()
  readonly #closed: Promise<unknown>
  readonly #requests: string[] = []
  #session: Session | undefined
  #running = 0
  #isGreeted = false
  #isClosing = false

  constructor(socket: Socket) {
    this.#socket = socket
    this.#closed = once(socket, 'close').catch(() => {})
    socket.on('error', () => {})
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('drain', () => this.#run())
    void this.#closed.then(() => this.#session?.lose(undefined))
  }

  get closed(): Promise<unknown> {
    return this.#closed
  }

  /** Answers the requests of the member from now on. */
  serve(session: Session): void {
    this.#session = session
    if (this.#socket.destroyed) session.lose(undefined)
    this.#run()
  }

  /** The log cannot be served. */
  refuse(error: WireError): void {
    this.#socket.end(encodeFrame(JSON.stringify({ protocol, error } satisfies Greeting)))
  }

  /** A sign of life. A member that does not read gets none. */
  keepAlive(): void {
    if (this.#socket.writableLength === 0) this.#socket.write(keepAlive)
  }

  /** The leader is closing. Resolves when the member has left, with the replies to its last publishes. */
  async farewell(): Promise<void> {
    this.#isClosing = true
    if (!this.#isGreeted) return
    this.#write(JSON.stringify([closingId]))
    await this.#closed
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    try {
      this.#requests.push(...this.#reader.read(chunk))
    } catch {
      this.#socket.destroy()
      return
    }
    this.#run()
  }

  #run(): void {
    const session = this.#session
    while (session && this.#requests.length > 0 && this.#hasRoom) {
      const text = this.#requests.shift()!
      if (this.#isGreeted) void this.#answer(session, text)
      else if (!this.#isClosing) this.#greet(text)
    }
    // What a member may have waiting here is one chunk of its socket.
    if (this.#requests.length > 0) this.#socket.pause()
    else this.#socket.resume()
  }

  get #hasRoom(): boolean {
    return this.#running < mostRequests && !this.#socket.writableNeedDrain && !this.#socket.destroyed
  }

  #greet(text: string): void {
    const theirs = versionOf(text)
    if (theirs === protocol) {
      this.#isGreeted = true
      this.#write(JSON.stringify({ protocol } satisfies Greeting))
    } else this.refuse(encodeError(otherVersion(theirs)))
  }

  async #answer(session: Session, text: string): Promise<void> {
    const [id, method, argument] = JSON.parse(text) as Request
    this.#running++
    try {
      const value = await call(session, method, argument)
      this.#write(encodeReply(id, method, value))
    } catch (error) {
      // A member whose leader is closing asks the next one.
      if (!this.#isClosing) this.#write(encodeFailure(id, error))
    }
    this.#running--
    this.#run()
  }

  #write(text: string): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeFrame(text))
  }
}

async function call(session: Session, method: Request[1], argument: unknown): Promise<unknown> {
  switch (method) {
    case 'start':
      return session.start(argument as TailLimits)
    case 'next':
      return session.next(argument as string)
    case 'read': {
      const { after, limit } = argument as { after: string; limit: number }
      return session.read(after, limit)
    }
    case 'records':
      return session.records(argument as readonly string[])
    case 'ended':
      return session.ended()
    case 'publish':
      return session.publish(argument as readonly NewEntry[])
    case 'signal':
      return session.signal(argument as readonly string[])
  }
}

function versionOf(text: string): unknown {
  try {
    return (JSON.parse(text) as Greeting | null)?.protocol
  } catch {
    return undefined
  }
}

/** @param theirs the protocol that the other side speaks */
export function otherVersion(theirs: unknown, path = 'of the leader'): Error {
  const sentence = `cannot be shared, because one process speaks protocol ${protocol} and another one ${String(theirs).slice(0, 20)}: run one version of @sse/cluster in all processes`
  return logFailure('log-failed', path, sentence)
}
