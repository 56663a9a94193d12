import { SseError } from '../errors.ts'
import { RateLimit } from '../rate-limit.ts'
import { authorizeAsked } from '../stream/channels/asked-channels.ts'
import type { ChannelsChange } from '../stream/sse-stream.ts'
import type { Stream } from '../stream/stream.ts'
import { hubOf, randomName } from '../stream/stream-id.ts'
import type { StreamRegistry } from '../stream/stream-registry.ts'
import type { Leases } from './leases.ts'
import type { Outcome, Signal } from './signals.ts'
import type { ChannelsChanged, ChannelsRequest, ReachedRequest } from './types.ts'

/** The maximum number of requests to other hubs that a client may cause in a second. */
const requestsPerSecond = 20
/** Milliseconds that a live hub has to answer. */
const answerTimeout = 2_000
/** The maximum number of pending requests, of all clients together. */
const maxPending = 10_000
/** The maximum size of a signal. */
const maxSignalBytes = 65_536

type RequestSignal = Extract<Signal, { type: 'turn' | 'change' | 'reached' }>
/** The part of a request that depends on its type. */
type Action =
  | { readonly type: 'turn' }
  | { readonly type: 'change'; readonly change: ChannelsChange }
  | { readonly type: 'reached'; readonly id: string }

export interface ChannelChangesOptions {
  readonly hub: string
  readonly streams: StreamRegistry<Stream>
  readonly leases: Leases
  readonly send: (signal: Signal) => void
}

/**
 * Changes the channels of open streams in any process. First it checks, at low cost, that the key has such a stream. Only then it calls the
 * app's `authorize`. It also pings streams that shall pass a position. Hubs send each other requests as signals, and only to live hubs.
 */
export class ChannelChanges {
  readonly #options: ChannelChangesOptions
  readonly #pending = new Map<string, (outcome: Outcome) => void>()
  readonly #budget = new RateLimit(requestsPerSecond)

  constructor(options: ChannelChangesOptions) {
    this.#options = options
  }

  /** @throws {SseError} `too-many-channels`, `busy`; and any error of `authorize` */
  async change(stream: string, request: ChannelsRequest): Promise<ChannelsChanged | undefined> {
    const holder = hubOf(stream)
    if (holder === undefined) return undefined
    const local = this.#options.streams.get(stream)
    if (holder === this.#options.hub) return local && this.#changeLocal(local, request)
    this.#checkLimits(request.client ?? request.key ?? '')
    return (await this.#options.leases.confirmLive(holder))
      ? this.#changeRemote(holder, stream, request)
      : undefined
  }

  /** @throws {SseError} `busy` */
  async reached(stream: string, { key, client, id }: ReachedRequest): Promise<boolean> {
    const holder = hubOf(stream)
    if (holder === undefined) return false
    if (holder === this.#options.hub) {
      const local = this.#options.streams.get(stream)
      if (!local || local.closed || local.key !== key) return false
      local.pingPast(id)
      return true
    }
    this.#checkLimits(client ?? key ?? '')
    if (!(await this.#options.leases.confirmLive(holder))) return false
    return 'reached' in (await this.#request(holder, stream, key ?? null, { type: 'reached', id }))
  }

  onSignal(signal: RequestSignal | Extract<Signal, { type: 'answer' }>): void {
    const { hub, send } = this.#options
    if (signal.to !== hub) return
    if (signal.type === 'answer') this.#pending.get(signal.request)?.(signal.outcome)
    else send({ type: 'answer', to: signal.from, request: signal.request, outcome: this.#outcomeOf(signal) })
  }

  async #changeLocal(stream: Stream, request: ChannelsRequest): Promise<ChannelsChanged | undefined> {
    if (stream.key !== request.key || stream.closed) return undefined
    const turn = stream.nextTurn()
    const { granted, refused } = await authorizeAsked(request.subscribe)
    if (stream.closed) return undefined
    stream.change({ subscribe: granted, unsubscribe: request.unsubscribe, refused, turn })
    return { channels: [...stream.channels], refused }
  }

  async #changeRemote(
    holder: string,
    stream: string,
    { key, subscribe, unsubscribe }: ChannelsRequest,
  ): Promise<ChannelsChanged | undefined> {
    const ask = (action: Action) => this.#request(holder, stream, key ?? null, action)
    const reserved = await ask({ type: 'turn' })
    if (!('turn' in reserved)) return undefined
    const { granted, refused } = await authorizeAsked(subscribe)
    const change = { subscribe: granted, unsubscribe, refused, turn: reserved.turn }
    const outcome = await ask({ type: 'change', change })
    if ('channels' in outcome) return { channels: outcome.channels, refused }
    if ('problem' in outcome && outcome.problem === 'too-many-channels')
      throw new SseError('too-many-channels', outcome.message, { value: granted })
    return undefined
  }

  #checkLimits(client: string): void {
    if (this.#pending.size < maxPending && this.#budget.take(client)) return
    const message = `A client may change streams of other processes ${requestsPerSecond} times a second: try again in a second.`
    throw new SseError('busy', message)
  }

  async #request(to: string, stream: string, key: string | null, action: Action): Promise<Outcome> {
    const { hub: from, send } = this.#options
    const request = randomName()
    const signal: RequestSignal = { ...action, to, from, request, stream, key }
    const bytes = Buffer.byteLength(JSON.stringify(signal))
    if (bytes > maxSignalBytes) {
      const message = `The change has ${bytes} bytes, and ${maxSignalBytes} are allowed: change fewer channels at a time.`
      throw new SseError('too-many-channels', message)
    }
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    // The hub is live, so the signal or its answer was lost, and the stream may still exist.
    const timedOut = () =>
      reject(new SseError('busy', 'The process that holds the stream has not answered: try again.'))
    const timer = setTimeout(timedOut, answerTimeout)
    this.#pending.set(request, resolve)
    try {
      send(signal)
      return await promise
    } finally {
      clearTimeout(timer)
      this.#pending.delete(request)
    }
  }

  #outcomeOf(request: RequestSignal): Outcome {
    const stream = this.#options.streams.get(request.stream)
    // A stream of another key is answered like one that does not exist, so that a client cannot find out about it.
    if (!stream || stream.closed || stream.key !== (request.key ?? undefined)) return { problem: 'unknown' }
    if (request.type === 'turn') return { turn: stream.nextTurn() }
    if (request.type === 'reached') {
      stream.pingPast(request.id)
      return { reached: request.id }
    }
    try {
      stream.change(request.change)
      return { channels: [...stream.channels] }
    } catch (error) {
      if (!(error instanceof SseError)) throw error
      return { problem: 'too-many-channels', message: error.message }
    }
  }
}
