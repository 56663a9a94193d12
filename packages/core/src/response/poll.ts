import { drawBetween } from '../draw-between.ts'
import { atEndOfTurn } from '../end-of-turn.ts'
import { contentsOf, type Frame, type FrameContent } from '../wire/frame.ts'
import { Backpressure } from './backpressure.ts'
import type { Refusal } from './refusal.ts'
import type { Transport } from './transport.ts'

/** What a poll answers. */
export interface PollDocument {
  /**
   * `data` is the text on the wire; `event` is `message` for an event without a name. A poll of tabs that share has an `sse.event` in front
   * of each event on a channel that only the client asked for.
   */
  readonly events: readonly { readonly id?: string; readonly event: string; readonly data: string }[]
  /** Where to go on: the `lastEventId` of the next poll. Never empty: a poll without a cursor begins at the head, and would miss events. */
  readonly cursor: string
  /** The log could not give everything after the cursor that was asked for; what `events` has comes after the gap. */
  readonly gap?: { readonly reason: string; readonly requested: string }
  /** The channels of the answer, when the client asked for some itself. */
  readonly channels?: {
    readonly channels: readonly string[]
    readonly refused: readonly string[]
    /** For tabs that share: those that it is on only because the client asked. */
    readonly asked?: readonly string[]
  }
  /** Channels that have ended. */
  readonly ended?: readonly string[]
}

/** The response to a poll: the port that an adapter implements. */
export interface PollResponse {
  readonly closed: boolean
  /** Called when the response is over: its answer was taken, or its client left. */
  onClose: (() => void) | undefined
  /** Called when the stream would open. @throws {SseError} `headers-sent` when the response was started already */
  begin(): void
  /** Sends the document. `retry`: milliseconds after which the client shall come back. */
  answer(document: PollDocument, options: { retry: number | undefined; lastOfConnection: boolean }): void
  refuse(refusal: Refusal): void
  /** Bytes of the answer that were not handed to the operating system yet. Without it, an answer counts as taken at once. */
  readonly pending?: number
  /** Cuts the connection at once, dropping what is pending. */
  destroy?(): void
}

export interface PollOptions {
  /** Milliseconds after which a client that takes nothing of its answer is cut off. Default 30,000. */
  readonly stall?: number | undefined
  /** A number from 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** Events in an answer, and bytes of them as JSON, at most. A single event that has more goes alone. */
const limit = { events: 500, bytes: 1_048_576 }

/** The longest that a client may wait for its first event, in milliseconds. */
const longestWait = 50_000

/** Between which times, in milliseconds, a client comes back when the log could not be read. */
const comeBack = [5_000, 15_000] as const

const notPollable: Refusal = {
  status: 406,
  detail:
    'This route sends events that are in no log, so it cannot be polled: accept text/event-stream, or subscribe in the turn of the first send.',
}

/**
 * A poll is a stream whose transport gathers what is written and answers it as one document. Authorization, limits and the way through the log
 * are those of a stream. It answers when it has events and the turn is over; when the log has no more and the client does not wait; or when its
 * time is up. Until the client has taken the answer, the stream counts as open. A client that takes nothing is disconnected.
 *
 * It is refused with 503 if the log cannot be read, so that the position is not known. It is refused with 406 if the route sends something and
 * subscribes to nothing in that turn.
 *
 * The poll watches its client itself. Give its stream `stall` and `maxUnread` of `Infinity`, because one large answer is not an overflow.
 *
 * @param wait milliseconds that the client waits for the first event; at most 50,000
 */
export function createPoll(response: PollResponse, wait: number, options: PollOptions = {}): Transport {
  return new Poll(response, Math.min(wait, longestWait), options)
}

class Poll implements Transport {
  onDrain: (() => void) | undefined
  onClose: Transport['onClose']
  onError: Transport['onError']
  readonly #response: PollResponse
  readonly #wait: number
  readonly #options: PollOptions
  readonly #events: { id?: string; event: string; data: string }[] = []
  /** The number of events without their labels. */
  #count = 0
  #bytes = 0
  /** What is said of the event that comes next. */
  #labels: { event: string; data: string }[] = []
  #inRecords = false
  #ended: string[] = []
  /** Lists of members. They are part of every answer, and no reason for one. */
  readonly #presence: { event: string; data: string }[] = []
  #cursor = ''
  #gap: PollDocument['gap']
  #channels: PollDocument['channels']
  /** When the client shall come back, as `sse.close` said. */
  #retry: number | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #state: 'gathering' | 'full' | 'answered' = 'gathering'
  #subscribed = false
  /** Whether the end of this turn is the end of the poll. */
  #scheduled = false
  /** Watches whether the client takes the answer; `undefined` before there is one. */
  #backpressure: Backpressure | undefined

  constructor(response: PollResponse, wait: number, options: PollOptions) {
    this.#response = response
    this.#wait = wait
    this.#options = options
    response.onClose = () => this.#over(this.#backpressure && this.#unread === 0 ? 'answered' : 'client')
  }

  get begun(): boolean {
    return this.#state === 'answered'
  }

  get closed(): boolean {
    return this.#state === 'answered' || this.#response.closed
  }

  get pending(): number {
    return this.#state === 'answered' ? this.#unread : 0
  }

  subscribed(): void {
    this.#subscribed = true
  }

  open(): void {
    this.#response.begin()
    this.#answerAfter(longestWait)
  }

  write(frames: readonly Frame[]): boolean {
    if (this.#state === 'answered') return false
    for (const content of frames.flatMap(contentsOf)) this.#take(content)
    // Records come whole: to pause in the midst of them would be to wait for a drain that never comes.
    return this.#state === 'gathering' || this.#inRecords
  }

  caughtUp(position: string): void {
    if (this.#state !== 'gathering') return
    this.#cursor = position
    if (this.#wait === 0 || this.#events.length > 0) this.#answerAtEndOfTurn()
    else this.#answerAfter(this.#wait)
  }

  unreadable(): void {
    this.#answer(false)
  }

  end({ lastOfConnection = false } = {}): void {
    this.#answer(lastOfConnection)
  }

  refuse(refusal: Refusal): void {
    clearTimeout(this.#timer)
    this.#state = 'answered'
    this.#response.refuse(refusal)
  }

  /** What has been answered and not taken is dropped. What has been gathered is the answer. */
  destroy(): void {
    if (this.#state === 'answered') this.#response.destroy?.()
    else this.#answer(false)
  }

  #take(content: FrameContent): void {
    if (content.type === 'open') this.#opened(content.id ?? '', content.resumed)
    else if (content.type === 'gap') this.#missed(content)
    else if (content.type === 'channels') {
      const { type: _, ...channels } = content
      this.#channels = channels
    } else if (content.type === 'close') this.#retry = content.reconnect || undefined
    else if (content.type === 'ping') {
      if (this.#state === 'gathering') this.#cursor = content.id
    } else if (content.event === 'sse.event') this.#labels.push({ event: content.event, data: content.data })
    else if (content.event === 'sse.record') this.#labels.push({ event: content.event, data: content.data })
    else if (content.event === 'sse.records') this.#takeRecords(content)
    else if (content.event === 'sse.presence' && !('joined' in JSON.parse(content.data)))
      this.#presence.push({ event: content.event, data: content.data })
    else {
      const { type: _, ...event } = content
      this.#gather(event)
    }
  }

  #opened(cursor: string, resumed: boolean | null): void {
    this.#cursor = cursor
    if (resumed === null && cursor !== '') this.#fill()
    else if (this.#events.length > 0) this.#answerAtEndOfTurn()
  }

  /** The position is known when the last record was written. */
  #takeRecords({ type: _, id, ...event }: Extract<FrameContent, { type: 'event' }>): void {
    this.#events.push(event)
    this.#inRecords = id === undefined
    if (id === undefined) return
    this.#cursor = id
    this.#fill()
  }

  /** A gap comes before anything newer. What was gathered before it is answered first, and the next poll is told. */
  #missed({ id, reason, requested }: Extract<FrameContent, { type: 'gap' }>): void {
    if (this.#events.length > 0 && this.#cursor !== '') this.#fill()
    if (this.#state !== 'gathering') return
    this.#gap = { reason, requested }
    this.#cursor = id ?? ''
  }

  /** An event without an id is not in the log and would not come again, so it is taken even if the document is full. */
  #gather(gathered: { id?: string; event: string; data: string }): void {
    const { id } = gathered
    const labels = this.#labels
    this.#labels = []
    if (id !== undefined && this.#state !== 'gathering') return
    const bytes = Buffer.byteLength(JSON.stringify([...labels, gathered]))
    if (id !== undefined && this.#events.length > 0 && this.#bytes + bytes > limit.bytes) {
      this.#fill()
      return
    }
    if (gathered.event === 'sse.end') this.#ended.push(JSON.parse(gathered.data).channel)
    this.#events.push(...labels, gathered)
    this.#count++
    this.#bytes += bytes
    if (id !== undefined) this.#cursor = id
    if (this.#count >= limit.events || this.#bytes >= limit.bytes) this.#fill()
    else this.#answerAtEndOfTurn()
  }

  #fill(): void {
    if (this.#state === 'gathering') this.#state = 'full'
    this.#answerAtEndOfTurn()
  }

  #answerAfter(time: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#answer(false), time).unref()
  }

  /** Without a position there is no answer yet, unless nothing will tell a position, or the document is full. */
  #answerAtEndOfTurn(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    atEndOfTurn(() => {
      this.#scheduled = false
      const isWaiting = this.#cursor === '' && this.#subscribed && this.#state === 'gathering'
      if (!isWaiting && !this.#inRecords) this.#answer(false)
    })
  }

  /** Called at the end of a turn too, where nobody else would catch what the response throws. */
  #answer(lastOfConnection: boolean): void {
    clearTimeout(this.#timer)
    if (this.closed) return
    this.#state = 'answered'
    try {
      this.#respond(lastOfConnection)
    } catch (error) {
      this.onError?.(error)
    }
  }

  #respond(lastOfConnection: boolean): void {
    const refusal = this.#refusal()
    if (refusal) {
      this.#response.refuse(refusal)
      this.#over('refused')
      return
    }
    const optional = {
      ...(this.#gap && { gap: this.#gap }),
      ...(this.#channels && { channels: this.#channels }),
      ...(this.#ended.length > 0 && { ended: this.#ended }),
    }
    const document = { events: [...this.#presence, ...this.#events], cursor: this.#cursor, ...optional }
    this.#response.answer(document, { retry: this.#retry, lastOfConnection })
    this.#awaitTaken()
  }

  #refusal(): Refusal | undefined {
    if (this.#subscribed && this.#cursor !== '') return undefined
    if (!this.#subscribed && this.#retry === undefined) return notPollable
    const retry = this.#retry ?? drawBetween(comeBack, this.#options.random ?? Math.random)
    return { status: 503, detail: 'There is no position in the log to answer now: try again later.', retry }
  }

  get #unread(): number {
    return this.#response.pending ?? 0
  }

  /** An answer that nobody reads occupies memory, so it is watched like the pending bytes of a stream. */
  #awaitTaken(): void {
    const cut = () => {
      this.#response.destroy?.()
      this.#over('stalled')
    }
    const { stall = 30_000 } = this.#options
    const limits = { stall, maxUnread: Number.POSITIVE_INFINITY }
    this.#backpressure = new Backpressure(this, limits, { cut, failed() {} })
    if (this.#unread === 0) this.#over('answered')
    else this.#backpressure.linger()
  }

  #over(end: 'client' | 'answered' | 'stalled' | 'refused'): void {
    clearTimeout(this.#timer)
    this.#backpressure?.end()
    this.onClose?.(end)
  }
}
