import type { Broker } from '@sse/core'
import { ReconnectingConnection } from '@sse/core/internal'
import { createElection } from '../election/election.ts'
import { failureOf } from '../failure.ts'
import { Leader } from '../leader/leader.ts'
import type { MemberLink } from './member-link.ts'
import { SocketLink } from './socket-link.ts'

/** Milliseconds before the leader is looked for again: the first, doubled after each failure, and the limit. */
const backoff = { base: 10, max: 500 }

export interface MembershipOptions {
  readonly path: string
  readonly createBroker: () => Broker
  readonly timeout: number
}

/** Keeps a link to the leader, and makes this process the leader when there is none. */
export class Membership {
  readonly link: ReconnectingConnection<MemberLink>
  readonly #options: MembershipOptions
  #leader: Leader | undefined
  /** An election that is under way. */
  #joining: Promise<unknown> | undefined

  constructor(options: MembershipOptions) {
    this.#options = options
    this.link = new ReconnectingConnection({ connect: (signal) => this.#join(signal), backoff })
  }

  /** Resolves when nothing is left. If this process leads, another one takes over. */
  async close(reason?: unknown): Promise<void> {
    this.link.close(reason)
    await this.#joining?.catch(() => {})
    await this.#leader?.close()
  }

  #join(signal: AbortSignal): Promise<MemberLink> {
    const joining = this.#find(signal)
    this.#joining = joining
    return joining
  }

  async #find(signal: AbortSignal): Promise<MemberLink> {
    const { path, createBroker, timeout } = this.#options
    const election = createElection(path)
    try {
      // Two brokers of one process may not lead at once: the one before is still closing its log.
      await this.#leader?.close()
      for (;;) {
        signal.throwIfAborted()
        const socket = await election.find()
        if (socket) return await SocketLink.open(socket, timeout, signal)
        this.#leader = await Leader.elect(election, createBroker)
        if (this.#leader) return this.#leader.link
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : failureOf(error, path)
    }
  }
}
