import { createServer, type Server, type Socket } from 'node:net'
import type { Broker } from '@sse/core'
import { closedError } from '@sse/core/internal'
import type { Election, Leadership } from '../election/election.ts'
import type { MemberLink } from '../member/member-link.ts'
import { encodeError } from '../wire/messages.ts'
import { LeaderLog } from './leader-log.ts'
import { MemberSocket } from './member-socket.ts'

/** Milliseconds between two looks at the socket, and two signs of life to the members. */
const interval = 1_000
/** Milliseconds that members have to take the replies to their last publishes when the leader closes. */
const farewell = 1_000

/** This process leads: it has the log, and serves it to the other processes. */
export class Leader {
  readonly #server: Server
  readonly #sockets: Set<MemberSocket>
  readonly #leadership: Leadership
  readonly #log: LeaderLog
  readonly #timer: NodeJS.Timeout
  /** For the member in this process. */
  readonly link: MemberLink
  #closed: Promise<void> | undefined

  private constructor(server: Server, sockets: Set<MemberSocket>, leadership: Leadership, log: LeaderLog) {
    this.#server = server
    this.#sockets = sockets
    this.#leadership = leadership
    this.#log = log
    this.link = log.join()
    void this.link.lost.then(() => this.close())
    this.#timer = setInterval(() => void this.#checkSocket(), interval)
    for (const socket of sockets) socket.serve(log.join())
    server.on('connection', (socket) => this.#accept(socket))
  }

  /**
   * @returns `undefined` if another process is faster
   * @throws (rejected) why the broker of the app does not start. Then this process does not lead any more
   */
  static async elect(election: Election, createBroker: () => Broker): Promise<Leader | undefined> {
    const server = createServer()
    const sockets = new Set<MemberSocket>()
    const accept = (socket: Socket) => void track(sockets, new MemberSocket(socket))
    server.on('connection', accept).on('error', () => {})
    let leadership: Leadership | undefined
    const signsOfLife = setInterval(() => keepAlive(sockets), interval)
    try {
      leadership = await election.claim(server)
      if (!leadership) return undefined
      const log = await LeaderLog.open(createBroker)
      server.off('connection', accept)
      return new Leader(server, sockets, leadership, log)
    } catch (error) {
      server.close()
      await leadership?.release()
      for (const socket of sockets) socket.refuse(encodeError(error))
      throw error
    } finally {
      clearInterval(signsOfLife)
      if (!leadership) for (const socket of sockets) socket.destroy()
    }
  }

  /** Resolves when the broker of the app is closed, and nothing is left. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    // The members publish nothing more, and wait for the next leader. New ones wait without a greeting.
    const leaving = [...this.#sockets].map((socket) => socket.farewell())
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, farewell)
    })
    await Promise.race([Promise.all(leaving), late])
    clearTimeout(timer)
    clearInterval(this.#timer)
    try {
      await this.#log.close()
    } finally {
      await this.#leadership.release()
      this.#server.close()
      for (const socket of this.#sockets) socket.destroy()
    }
  }

  #accept(socket: Socket): void {
    const member = track(this.#sockets, new MemberSocket(socket))
    if (!this.#closed) member.serve(this.#log.join())
  }

  /** Others elect a new leader if the socket is gone, so this one must not go on. */
  async #checkSocket(): Promise<void> {
    keepAlive(this.#sockets)
    const isHeld = await this.#leadership.isHeld().catch(() => true)
    if (!isHeld) this.link.lose(closedError())
  }
}

function track(sockets: Set<MemberSocket>, socket: MemberSocket): MemberSocket {
  sockets.add(socket)
  void socket.closed.then(() => sockets.delete(socket))
  return socket
}

function keepAlive(sockets: ReadonlySet<MemberSocket>): void {
  for (const socket of sockets) socket.keepAlive()
}
