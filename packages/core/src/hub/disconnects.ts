import { SseError } from '../errors.ts'
import { comparePositions } from '../log/compare-positions.ts'
import { Queue } from '../log/queue.ts'
import type { Revocations } from '../stream/revocations.ts'
import type { Stream } from '../stream/stream.ts'
import { randomName } from '../stream/stream-id.ts'
import type { StreamRegistry } from '../stream/stream-registry.ts'
import type { Leases } from './leases.ts'
import type { Command, Signal } from './signals.ts'

type Disconnect = Extract<Command, { type: 'disconnect' }>

/** Milliseconds after which the hubs are asked again whether they have executed a disconnect. */
const askInterval = 500
/** After every so many questions the command is appended to the log again. */
const asksPerRepublish = 4
/** The maximum number of executed commands that this hub remembers. */
const maxExecuted = 1_000

export interface DisconnectsOptions {
  readonly hub: string
  readonly streams: StreamRegistry<Stream>
  readonly revocations: Revocations
  readonly leases: Leases
  /** Appends a command to the log. @returns the id of its entry */
  readonly publish: (command: Disconnect) => Promise<string>
  readonly send: (signal: Signal) => void
  /** The head of the log when this hub's broker started; `undefined` before. */
  readonly startedAt: () => string | undefined
  /** Draws the reconnection time, in milliseconds, for a client whose stream may have been revoked. */
  readonly drawRetry: () => number
}

/** A disconnect that not every live hub has confirmed. */
interface Pending {
  readonly command: Disconnect
  readonly confirmed: Set<string>
  id: string | undefined
  /** How often the hubs were asked whether they have executed the command. */
  asked: number
  readonly done: PromiseWithResolvers<void>
}

/**
 * Ends the streams of a key in every process. The command is an entry in the log, so no hub can miss it, and each hub executes it before it
 * delivers newer entries. Each hub then confirms it by a signal. Hubs whose lease has expired need not confirm.
 */
export class Disconnects {
  readonly #options: DisconnectsOptions
  readonly #pending = new Map<string, Pending>()
  readonly #executed = new Set<string>()
  readonly #executedInOrder = new Queue<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: DisconnectsOptions) {
    this.#options = options
  }

  /** Resolves when every live hub has ended the streams of the key, including those that are still opening. */
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
    // The hub may be closed while the command is published, and nothing awaits this promise until then.
    pending.done.promise.catch(() => {})
    this.#pending.set(request, pending)
    try {
      pending.id = await this.#options.publish(command)
      this.#resolveIfConfirmed(pending)
      this.#timer ??= setInterval(() => this.#askAgain(), askInterval).unref()
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
   * Called with the newest commands when the broker has started. An earlier request may be older or newer than a command, so its client must
   * reconnect and is authorized again.
   *
   * @param isLate an attempt to start had failed. The log may have dropped commands that are newer than requests that wait since then
   */
  onStart(commands: readonly Disconnect[], isLate: boolean): void {
    const { streams, revocations, drawRetry } = this.#options
    if (isLate) this.#disconnectAll()
    for (const key of new Set(commands.map(({ key }) => key))) {
      revocations.add(key, undefined)
      for (const stream of streams.withKey(key)) stream.closeFor('disconnected', drawRetry())
    }
  }

  /** Called when the broker delivers a disconnect. */
  onCommand({ request, key, reconnect }: Disconnect): void {
    const { hub, send, streams, revocations } = this.#options
    // A command arrives twice if the log lost it and its publisher appended it again. Streams that opened since then stay open.
    if (!this.#executed.has(request)) {
      this.#remember(request)
      revocations.add(key, reconnect ?? undefined)
      for (const stream of streams.withKey(key)) stream.closeFor('disconnected', reconnect ?? undefined)
    }
    this.#confirm(hub, request)
    send({ type: 'disconnected', hub, request })
  }

  onSignal(signal: Extract<Signal, { type: 'disconnected' | 'disconnected?' }>): void {
    if (signal.type === 'disconnected') this.#confirm(signal.hub, signal.request)
    else if (this.#hasExecuted(signal)) {
      const { hub, send } = this.#options
      send({ type: 'disconnected', hub, request: signal.request })
    }
  }

  /** Called when leases may have expired. A hub whose lease has expired need not confirm. */
  check(): void {
    for (const pending of this.#pending.values()) this.#resolveIfConfirmed(pending)
  }

  /**
   * Called when a part of the log is missing, which may contain commands. This hub appends its own commands again. If its lease had expired,
   * other hubs did not wait for it, so any stream with a key may have been revoked: their clients must reconnect.
   */
  onGap(): void {
    for (const pending of this.#pending.values()) if (pending.id !== undefined) this.#publishAgain(pending)
    const { leases } = this.#options
    if (!leases.hasLapsed) return
    leases.forgetLapse()
    this.#disconnectAll()
  }

  /** Any key may have been disconnected. Requests count too whose streams do not open yet, because the app awaits something. */
  #disconnectAll(): void {
    const { streams, revocations, drawRetry } = this.#options
    revocations.addUnknown()
    for (const stream of streams.withAnyKey()) stream.closeFor('disconnected', drawRetry())
  }

  close(): void {
    const closed = new SseError(
      'closed',
      'The hub was closed before every process had confirmed the disconnect.',
    )
    for (const { done } of this.#pending.values()) done.reject(closed)
  }

  /** A hub that started after the command has no streams from before it. */
  #hasExecuted({ request, id }: Extract<Signal, { type: 'disconnected?' }>): boolean {
    const startedAt = this.#options.startedAt()
    if (this.#executed.has(request)) return true
    const order = startedAt === undefined ? undefined : comparePositions(startedAt, id)
    return order !== undefined && order >= 0
  }

  #confirm(hub: string, request: string): void {
    const pending = this.#pending.get(request)
    if (!pending) return
    pending.confirmed.add(hub)
    this.#resolveIfConfirmed(pending)
  }

  #resolveIfConfirmed({ id, confirmed, done }: Pending): void {
    if (id !== undefined && this.#options.leases.hubs.every((hub) => confirmed.has(hub))) done.resolve()
  }

  #askAgain(): void {
    const { send } = this.#options
    this.check()
    for (const pending of this.#pending.values()) {
      const { id, command } = pending
      if (id === undefined) continue
      // The log may have lost the command before any hub received it, or a hub may have missed that part of the log.
      if (++pending.asked % asksPerRepublish === 0) this.#publishAgain(pending)
      send({ type: 'disconnected?', request: command.request, id })
    }
  }

  #publishAgain(pending: Pending): void {
    this.#options.publish(pending.command).then(
      (id) => {
        pending.id = id
      },
      // The broker may not reach its log now. The timer tries again.
      () => {},
    )
  }

  #remember(request: string): void {
    this.#executed.add(request)
    this.#executedInOrder.push(request)
    if (this.#executedInOrder.length > maxExecuted) this.#executed.delete(this.#executedInOrder.shift()!)
  }
}
