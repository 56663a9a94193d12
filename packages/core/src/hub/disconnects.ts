import { SseError } from '../errors.ts'
import { comparePositions } from '../log/compare-positions.ts'
import { Fifo } from '../log/fifo.ts'
import type { Revocations } from '../stream/revocations.ts'
import type { Stream } from '../stream/stream.ts'
import { randomName } from '../stream/stream-id.ts'
import type { StreamRegistry } from '../stream/stream-registry.ts'
import type { Leases } from './leases.ts'
import type { Command, Signal } from './signals.ts'

type Disconnect = Extract<Command, { type: 'disconnect' }>

/** Milliseconds after which a hub that has not confirmed a disconnect is asked again. */
const patience = 500
/** How many times that is waited before the command is put into the log again. */
const patienceForEntry = 4
/** Disconnects of which it is remembered that this hub has acted on them. */
const remembered = 1_000

export interface DisconnectsOptions {
  readonly hub: string
  readonly streams: StreamRegistry<Stream>
  readonly revocations: Revocations
  readonly leases: Leases
  /** Puts a command into the log. @returns the id of its entry */
  readonly publish: (command: Disconnect) => Promise<string>
  readonly send: (signal: Signal) => void
  /** The head of the log when this hub's broker started; `undefined` before. */
  readonly startedAt: () => string | undefined
  /** Draws the milliseconds after which a client reconnects whose stream may have been revoked. */
  readonly drawRetry: () => number
}

/** A disconnect that some hub has not confirmed. */
interface Pending {
  readonly command: Disconnect
  readonly confirmed: Set<string>
  id: string | undefined
  /** How often the hubs were asked whether they have acted on it. */
  asked: number
  readonly done: PromiseWithResolvers<void>
}

/**
 * Ends the streams of a key in every process. The command is an entry in the log, so that no hub can miss it and none delivers anything newer
 * before it has acted. Each hub then confirms by a signal; a hub whose lease runs out is not waited for.
 */
export class Disconnects {
  readonly #options: DisconnectsOptions
  readonly #pending = new Map<string, Pending>()
  readonly #acted = new Set<string>()
  readonly #actedInOrder = new Fifo<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: DisconnectsOptions) {
    this.#options = options
  }

  /** Resolves when every hub that lives has ended the streams of the key, those on their way in included. */
  async disconnect(key: string, reconnect: false | number | undefined): Promise<void> {
    const request = randomName()
    const command: Disconnect = { type: 'disconnect', request, key, reconnect: reconnect ?? null }
    const pending: Pending = {
      command,
      confirmed: new Set(),
      id: undefined,
      asked: 0,
      done: Promise.withResolvers(),
    }
    // The hub may be closed while the command is published: nobody awaits this yet.
    pending.done.promise.catch(() => {})
    this.#pending.set(request, pending)
    try {
      pending.id = await this.#options.publish(command)
      this.#settle(pending)
      this.#timer ??= setInterval(() => this.#askAgain(), patience).unref()
      await pending.done.promise
    } finally {
      this.#pending.delete(request)
      if (this.#pending.size === 0) {
        clearInterval(this.#timer)
        this.#timer = undefined
      }
    }
  }

  /**
   * The broker has started, and these are the newest commands. What was asked for before may be older or newer than a command: its client
   * comes back and is judged again.
   */
  onStart(commands: readonly Disconnect[]): void {
    const { streams, revocations, drawRetry } = this.#options
    for (const key of new Set(commands.map(({ key }) => key))) {
      revocations.add(key, undefined)
      for (const stream of streams.withKey(key)) stream.closeFor('disconnected', drawRetry())
    }
  }

  /** The command has come back from the log. */
  onCommand({ request, key, reconnect }: Disconnect): void {
    const { hub, send, streams, revocations } = this.#options
    // It comes twice when the log lost it and its publisher has appended it again: streams that opened since then stay.
    if (!this.#acted.has(request)) {
      this.#remember(request)
      revocations.add(key, reconnect ?? undefined)
      for (const stream of streams.withKey(key)) stream.closeFor('disconnected', reconnect ?? undefined)
    }
    this.#confirm(hub, request)
    send({ type: 'disconnected', hub, request })
  }

  onSignal(signal: Extract<Signal, { type: 'disconnected' | 'disconnected?' }>): void {
    if (signal.type === 'disconnected') this.#confirm(signal.hub, signal.request)
    else if (this.#hasActed(signal)) {
      const { hub, send } = this.#options
      send({ type: 'disconnected', hub, request: signal.request })
    }
  }

  /** Looks whether hubs that were waited for are dead by now. */
  check(): void {
    for (const pending of this.#pending.values()) this.#settle(pending)
  }

  /**
   * A part of the log is missing, and a command may be in it. Those of this hub are appended again. If this hub was taken for dead
   * meanwhile, nobody waited for it, and every stream with a key may have been revoked: each comes back to be judged again.
   */
  onGap(): void {
    const { streams, leases, drawRetry } = this.#options
    for (const pending of this.#pending.values()) if (pending.id !== undefined) this.#publishAgain(pending)
    if (!leases.isCutOff) return
    for (const stream of streams.withAnyKey()) stream.closeFor('disconnected', drawRetry())
  }

  close(): void {
    const closed = new SseError(
      'closed',
      'The hub was closed before every process had confirmed the disconnect.',
    )
    for (const { done } of this.#pending.values()) done.reject(closed)
  }

  /** A hub that has started after the command has no streams from before it. */
  #hasActed({ request, id }: Extract<Signal, { type: 'disconnected?' }>): boolean {
    const startedAt = this.#options.startedAt()
    if (this.#acted.has(request)) return true
    const order = startedAt === undefined ? undefined : comparePositions(startedAt, id)
    return order !== undefined && order >= 0
  }

  #confirm(hub: string, request: string): void {
    const pending = this.#pending.get(request)
    if (!pending) return
    pending.confirmed.add(hub)
    this.#settle(pending)
  }

  #settle({ id, confirmed, done }: Pending): void {
    if (id !== undefined && this.#options.leases.hubs.every((hub) => confirmed.has(hub))) done.resolve()
  }

  #askAgain(): void {
    const { send } = this.#options
    this.check()
    for (const pending of this.#pending.values()) {
      const { id, command } = pending
      if (id === undefined) continue
      // The log may have lost the command before any hub was handed it, and a hub may have missed the part of the log that it is in.
      if (++pending.asked % patienceForEntry === 0) this.#publishAgain(pending)
      send({ type: 'disconnected?', request: command.request, id })
    }
  }

  #publishAgain(pending: Pending): void {
    this.#options.publish(pending.command).then(
      (id) => {
        pending.id = id
      },
      // It is tried again: the broker may not reach its log now.
      () => {},
    )
  }

  #remember(request: string): void {
    this.#acted.add(request)
    this.#actedInOrder.push(request)
    if (this.#actedInOrder.length > remembered) this.#acted.delete(this.#actedInOrder.shift()!)
  }
}
