import { SseError } from '../errors.ts'
import { RateLimit } from '../rate-limit.ts'
import { authorizeAsked } from '../stream/channels/asked-channels.ts'
import type { ChannelsChange } from '../stream/sse-stream.ts'
import type { Stream } from '../stream/stream.ts'
import { hubOf, randomName } from '../stream/stream-id.ts'
import type { StreamRegistry } from '../stream/stream-registry.ts'
import type { Leases } from './leases.ts'
import type { Outcome, Signal } from './signals.ts'
import type { ChannelsChanged, ChannelsRequest } from './types.ts'

/** Questions that a client may cause in a second. */
const questionsPerSecond = 20
/** Milliseconds that a hub which lives has for its answer. */
const patience = 2_000
/** Questions that wait for an answer, over all clients. */
const mostWaiting = 10_000
/** Bytes of a signal. */
const mostBytes = 65_536

type Ask = Extract<Signal, { type: 'turn' | 'change' }>
/** What a question says, without what every question has. */
type Asked = { readonly type: 'turn' } | { readonly type: 'change'; readonly change: ChannelsChange }

export interface ChannelChangesOptions {
  readonly hub: string
  readonly streams: StreamRegistry<Stream>
  readonly leases: Leases
  readonly send: (signal: Signal) => void
}

/**
 * Changes the channels of open streams, whichever process holds them. A cheap question comes first: whether there is such a stream, and of this
 * key. Only then the app is asked what the client may read. Hubs ask each other by signals, and only hubs that live.
 */
export class ChannelChanges {
  readonly #options: ChannelChangesOptions
  readonly #waiting = new Map<string, (outcome: Outcome) => void>()
  readonly #budget = new RateLimit(questionsPerSecond)

  constructor(options: ChannelChangesOptions) {
    this.#options = options
  }

  /** @throws {SseError} `too-many-channels`, `busy`; and what `authorize` throws */
  async change(stream: string, request: ChannelsRequest): Promise<ChannelsChanged | undefined> {
    const holder = hubOf(stream)
    if (holder === undefined) return undefined
    const held = this.#options.streams.get(stream)
    if (holder === this.#options.hub) return held && this.#changeHeld(held, request)
    this.#spend(request.client ?? request.key ?? '')
    return (await this.#options.leases.knows(holder))
      ? this.#changeRemote(holder, stream, request)
      : undefined
  }

  onSignal(signal: Ask | Extract<Signal, { type: 'answer' }>): void {
    const { hub, send } = this.#options
    if (signal.to !== hub) return
    if (signal.type === 'answer') this.#waiting.get(signal.request)?.(signal.outcome)
    else send({ type: 'answer', to: signal.from, request: signal.request, outcome: this.#outcomeOf(signal) })
  }

  async #changeHeld(stream: Stream, request: ChannelsRequest): Promise<ChannelsChanged | undefined> {
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
    const ask = (asked: Asked) => this.#ask(holder, stream, key ?? null, asked)
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

  #spend(client: string): void {
    if (this.#waiting.size < mostWaiting && this.#budget.take(client)) return
    const message = `A client changes streams of other processes ${questionsPerSecond} times a second at most: try again in a second.`
    throw new SseError('busy', message)
  }

  async #ask(to: string, stream: string, key: string | null, asked: Asked): Promise<Outcome> {
    const { hub: from, send } = this.#options
    const request = randomName()
    const question: Ask = { ...asked, to, from, request, stream, key }
    const bytes = Buffer.byteLength(JSON.stringify(question))
    if (bytes > mostBytes) {
      const message = `The change has ${bytes} bytes, and ${mostBytes} are allowed: change fewer channels at a time.`
      throw new SseError('too-many-channels', message)
    }
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    // The hub lives, so the signal or its answer was lost: to say that there is no such stream would be wrong.
    const late = () =>
      reject(new SseError('busy', 'The process that holds the stream has not answered: try again.'))
    const timer = setTimeout(late, patience)
    this.#waiting.set(request, resolve)
    try {
      send(question)
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(request)
    }
  }

  #outcomeOf(question: Ask): Outcome {
    const stream = this.#options.streams.get(question.stream)
    // Whose stream it is is nobody else's business, nor whether there is one.
    if (!stream || stream.closed || stream.key !== (question.key ?? undefined)) return { problem: 'unknown' }
    if (question.type === 'turn') return { turn: stream.nextTurn() }
    try {
      stream.change(question.change)
      return { channels: [...stream.channels] }
    } catch (error) {
      if (!(error instanceof SseError)) throw error
      return { problem: 'too-many-channels', message: error.message }
    }
  }
}
