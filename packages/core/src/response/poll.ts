import { drawBetween } from '../draw-between.ts'
import { atEndOfTurn } from '../end-of-turn.ts'
import { contentsOf, type Frame, type FrameContent } from '../wire/frame.ts'
import { Backpressure } from './backpressure.ts'
import type { Refusal } from './refusal.ts'
import type { Transport } from './transport.ts'

/** The answer to a poll. */
export interface PollDocument {
  /**
   * `data` is the text on the wire; `event` is `message` for an event without a name. In a poll that several tabs share, an `sse.event`
   * precedes each event on a channel that only the client asked for.
   */
  readonly events: readonly { readonly id?: string; readonly event: string; readonly data: string }[]
  /** The `lastEventId` of the next poll. It is never empty, because a poll without a cursor begins at the head and would miss events. */
  readonly cursor: string
  /** The log no longer has everything after the `requested` cursor. The events of this answer come after the gap. */
  readonly gap?: { readonly reason: string; readonly requested: string }
  /** The channels of the stream, if the client asked for channels. */
  readonly channels?: {
    readonly channels: readonly string[]
    readonly refused: readonly string[]
    /** For a poll that several tabs share: the channels that only the client asked for. */
    readonly asked?: readonly string[]
  }
  /** Channels that have ended. */
  readonly ended?: readonly string[]
}

/** The response to a poll: the port that an adapter implements. */
export interface PollResponse {
  readonly closed: boolean
  /** Called when the response has ended: the client has read the answer, or has left. */
  onClose: (() => void) | undefined
  /** Called when a stream would open. @throws {SseError} `headers-sent` if the response has already started */
  begin(): void
  /** Sends the document. `retry`: milliseconds after which the client should poll again. */
  answer(document: PollDocument, options: { retry: number | undefined; lastOfConnection: boolean }): void
  refuse(refusal: Refusal): void
  /** Bytes of the answer that were not yet passed to the operating system. Without it, an answer counts as read at once. */
  readonly pending?: number
  /** Closes the connection at once and drops the pending bytes. */
  destroy?(): void
}

export interface PollOptions {
  /** Milliseconds after which a client that reads nothing of its answer is disconnected. Default 30,000. */
  readonly stall?: number | undefined
  /** A number from 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** The maximum number of events in an answer, and of their bytes as JSON. A larger event is answered alone. */
const limit = { events: 500, bytes: 1_048_576 }

/** The maximum time that a client may wait for its first event, in milliseconds. */
const maxWait = 50_000

/** The range, in milliseconds, of the retry delay when the log cannot be read. */
const retryUnreadable = [5_000, 15_000] as const

const notPollable: Refusal = {
  status: 406,
  detail:
    'This route sends events that are not in a log, so it cannot be polled: accept text/event-stream, or subscribe in the turn of the first send.',
}

/**
 * Creates the transport of a poll: a stream whose events are collected and answered as one document. Authorization, limits and the reading of
 * the log are those of a stream. The poll answers at the end of the turn of its first events, or at the head if the client does not wait, or after
 * `wait`. Until the client has read the answer, the stream counts as open. A client that reads nothing is disconnected.
 *
 * The answer is 503 if the log cannot be read, because the position is not known then. It is 406 if the route sends something and subscribes
 * to nothing in that turn.
 *
 * The poll watches its client itself. Give its stream `stall` and `maxUnread` of `Infinity`, because one large answer is not an overflow.
 *
 * @param wait milliseconds that the client waits for the first event; at most 50,000
 */
export function createPoll(response: PollResponse, wait: number, options: PollOptions = {}): Transport {
  return new Poll(response, Math.min(wait, maxWait), options)
}

class Poll implements Transport {
  onDrain: (() => void) | undefined
  onClose: Transport['onClose']
  onError: Transport['onError']
  readonly #response: PollResponse
  /** Milliseconds that the client waits for its first event. */
  #wait: number
  readonly #options: PollOptions
  readonly #events: { id?: string; event: string; data: string }[] = []
  /** The number of events, not counting `sse.event`. */
  #count = 0
  #bytes = 0
  /** The labels (`sse.event`, `sse.record`) of the next event. */
  #labels: { event: string; data: string }[] = []
  #inRecords = false
  /** Whether the answer must contain everything up to the records, which bring the position. */
  #isWhole = false
  #ended: string[] = []
  /** Lists of members. Every answer has them, but they alone do not cause an answer. */
  readonly #presence: { event: string; data: string }[] = []
  #cursor = ''
  #gap: PollDocument['gap']
  #channels: PollDocument['channels']
  /** Milliseconds after which the client should retry, from `sse.close`. */
  #retry: number | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #state: 'collecting' | 'complete' | 'answered' = 'collecting'
  #subscribed = false
  /** Whether the poll answers at the end of this turn. */
  #scheduled = false
  /** Watches whether the client reads the answer; `undefined` before the answer. */
  #backpressure: Backpressure | undefined

  constructor(response: PollResponse, wait: number, options: PollOptions) {
    this.#response = response
    this.#wait = wait
    this.#options = options
    response.onClose = () => this.#finish(this.#backpressure && this.#unread === 0 ? 'answered' : 'client')
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
    this.#answerAfter(maxWait)
  }

  write(frames: readonly Frame[]): boolean {
    if (this.#state === 'answered') return false
    for (const content of frames.flatMap(contentsOf)) this.#add(content)
    // Records are answered whole. A pause within them would wait for a drain that never happens.
    return this.#state === 'collecting' || this.#inRecords
  }

  caughtUp(position: string): void {
    if (this.#state !== 'collecting') return
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

  /** Drops the pending bytes of an answer. Before the answer, answers with the events collected so far. */
  destroy(): void {
    if (this.#state === 'answered') this.#response.destroy?.()
    else this.#answer(false)
  }

  #add(content: FrameContent): void {
    if (content.type === 'open') this.#onOpen(content.id ?? '', content.resumed)
    else if (content.type === 'gap') this.#onGap(content)
    else if (content.type === 'channels') {
      const { type: _, ...channels } = content
      this.#channels = channels
    } else if (content.type === 'close') this.#retry = content.reconnect || undefined
    else if (content.type === 'ping') {
      if (this.#state === 'collecting') this.#cursor = content.id
    } else if (content.event === 'sse.event') this.#labels.push({ event: content.event, data: content.data })
    else if (content.event === 'sse.record') this.#labels.push({ event: content.event, data: content.data })
    else if (content.event === 'sse.records') this.#addRecords(content)
    else if (content.event === 'sse.presence' && !('joined' in JSON.parse(content.data)))
      this.#presence.push({ event: content.event, data: content.data })
    else {
      const { type: _, ...event } = content
      this.#addEvent(event)
    }
  }

  /** A client without a cursor gets one at once. */
  #onOpen(cursor: string, resumed: boolean | null): void {
    this.#cursor = cursor
    this.#isWhole = cursor === ''
    if (resumed === null) this.#wait = 0
    if (this.#events.length > 0) this.#answerAtEndOfTurn()
  }

  /** The last record brings the position. */
  #addRecords({ type: _, id, ...event }: Extract<FrameContent, { type: 'event' }>): void {
    this.#events.push(event)
    this.#inRecords = id === undefined
    if (id === undefined) return
    this.#isWhole = false
    this.#cursor = id
    this.#stopCollecting()
  }

  /** A gap precedes anything newer. Events that were collected before it are answered first; the next poll gets the gap. */
  #onGap({ id, reason, requested }: Extract<FrameContent, { type: 'gap' }>): void {
    if (this.#events.length > 0 && this.#cursor !== '') this.#stopCollecting()
    if (this.#state !== 'collecting') return
    this.#gap = { reason, requested }
    this.#cursor = id ?? ''
    this.#isWhole = id === undefined
  }

  /** An event without an id is not in the log and cannot be replayed, so it is added even to a full document. */
  #addEvent(event: { id?: string; event: string; data: string }): void {
    const { id } = event
    const labels = this.#labels
    this.#labels = []
    if (id !== undefined && this.#state !== 'collecting') return
    const bytes = Buffer.byteLength(JSON.stringify([...labels, event]))
    if (id !== undefined && this.#events.length > 0 && this.#bytes + bytes > limit.bytes) {
      this.#stopCollecting()
      return
    }
    if (event.event === 'sse.end') this.#ended.push(JSON.parse(event.data).channel)
    this.#events.push(...labels, event)
    this.#count++
    this.#bytes += bytes
    if (id !== undefined) this.#cursor = id
    const isFull = this.#count >= limit.events || this.#bytes >= limit.bytes
    if (isFull && !this.#isWhole) this.#stopCollecting()
    else this.#answerAtEndOfTurn()
  }

  #stopCollecting(): void {
    if (this.#state === 'collecting') this.#state = 'complete'
    this.#answerAtEndOfTurn()
  }

  #answerAfter(time: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#answer(false), time).unref()
  }

  /** The answer waits for the position, unless no position will follow or the document is full. */
  #answerAtEndOfTurn(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    atEndOfTurn(() => {
      this.#scheduled = false
      const isWaiting = this.#cursor === '' && this.#subscribed && this.#state === 'collecting'
      if (!isWaiting && !this.#inRecords) this.#answer(false)
    })
  }

  /** Catches errors of the response, because a call at the end of a turn has no caller that would. */
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
      this.#finish('refused')
      return
    }
    const optional = {
      ...(this.#gap && { gap: this.#gap }),
      ...(this.#channels && { channels: this.#channels }),
      ...(this.#ended.length > 0 && { ended: this.#ended }),
    }
    const document = { events: [...this.#presence, ...this.#events], cursor: this.#cursor, ...optional }
    this.#response.answer(document, { retry: this.#retry, lastOfConnection })
    this.#watchAnswer()
  }

  #refusal(): Refusal | undefined {
    if (this.#subscribed && this.#cursor !== '') return undefined
    if (!this.#subscribed && this.#retry === undefined) return notPollable
    const retry = this.#retry ?? drawBetween(retryUnreadable, this.#options.random ?? Math.random)
    return { status: 503, detail: 'The position in the log is not known now: try again later.', retry }
  }

  get #unread(): number {
    return this.#response.pending ?? 0
  }

  /** An unread answer occupies memory, so it is watched like the pending bytes of a stream. */
  #watchAnswer(): void {
    const destroy = () => {
      this.#finish('stalled')
      this.#response.destroy?.()
    }
    const { stall = 30_000 } = this.#options
    const limits = { stall, maxUnread: Number.POSITIVE_INFINITY }
    this.#backpressure = new Backpressure(this, limits, { closed: false, destroy, failed() {} })
    if (this.#unread === 0) this.#finish('answered')
    else this.#backpressure.linger()
  }

  #finish(end: 'client' | 'answered' | 'stalled' | 'refused'): void {
    clearTimeout(this.#timer)
    this.#backpressure?.end()
    this.onClose?.(end)
  }
}
