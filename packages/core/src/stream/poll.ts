import { atEndOfTurn } from '../end-of-turn.ts'
import { Decoder, type StreamItem } from '../wire/decode.ts'
import type { Frame } from '../wire/frame.ts'
import type { Refusal } from './refusal.ts'
import type { Transport } from './transport.ts'

/** What a poll answers. */
export interface PollDocument {
  /**
   * `data` is the text on the wire; `event` is `message` for an event without a name. A poll of tabs that share has an `sse.event` in front
   * of each event on a channel that only the client asked for.
   */
  readonly events: readonly { readonly id?: string; readonly event: string; readonly data: string }[]
  /** Where to go on: the `lastEventId` of the next poll. */
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
}

/** The response to a poll: the port that an adapter implements. */
export interface PollResponse {
  readonly closed: boolean
  /** Called when the response is over, or its client gone. */
  onClose: (() => void) | undefined
  /** Called when the stream would open. @throws {SseError} `headers-sent` when the response was started already */
  begin(): void
  /** Sends the document. `retry`: milliseconds after which the client shall come back. */
  answer(document: PollDocument, options: { retry: number | undefined; lastOfConnection: boolean }): void
  refuse(refusal: Refusal): void
}

/** Events and bytes of data in an answer, at most. */
const limit = { events: 500, bytes: 1_048_576 }

/** The longest that a client may wait for its first event, in milliseconds. */
const longestWait = 50_000

/**
 * A poll is a stream whose transport gathers what is written and answers it as one document: everything else, authorisation, limits and
 * the way through the log, is the same. It answers when it has events and the turn is over; when the log has no more and the client
 * does not wait; when its time is up. A stream that is on no channel waits for its first event.
 *
 * @param wait milliseconds that the client waits for the first event; at most 50,000
 */
export function createPoll(response: PollResponse, wait: number): Transport {
  return new Poll(response, Math.min(wait, longestWait))
}

class Poll implements Transport {
  readonly pending = 0
  onDrain: (() => void) | undefined
  onClose: ((end?: 'client' | 'answered') => void) | undefined
  readonly #response: PollResponse
  readonly #wait: number
  readonly #decoder = new Decoder()
  readonly #text = new TextDecoder()
  readonly #events: { id?: string; event: string; data: string }[] = []
  /** Events of the log and of `send` among them: what is only said of an event does not count. */
  #count = 0
  #bytes = 0
  /** What was said of the event that comes next. */
  #label: string | undefined
  #cursor = ''
  #gap: PollDocument['gap']
  #channels: PollDocument['channels']
  /** When the client shall come back, as `sse.close` said. */
  #retry: number | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #state: 'gathering' | 'full' | 'answered' = 'gathering'
  /** Whether the end of this turn is the end of the poll. */
  #scheduled = false

  constructor(response: PollResponse, wait: number) {
    this.#response = response
    this.#wait = wait
    response.onClose = () => {
      clearTimeout(this.#timer)
      this.onClose?.()
    }
  }

  get closed(): boolean {
    return this.#state === 'answered' || this.#response.closed
  }

  open(): void {
    this.#response.begin()
    this.#answerAfter(longestWait)
  }

  write(frames: readonly Frame[]): boolean {
    for (const { bytes } of frames) {
      for (const item of this.#decoder.decode(this.#text.decode(bytes, { stream: true }))) this.#take(item)
    }
    return this.#state === 'gathering'
  }

  caughtUp(position: string): void {
    if (this.#state !== 'gathering') return
    this.#cursor = position
    if (this.#wait === 0) this.#answerAtEndOfTurn()
    else if (this.#events.length === 0) this.#answerAfter(this.#wait)
  }

  end({ lastOfConnection = false } = {}): void {
    this.#answer(lastOfConnection)
  }

  refuse(refusal: Refusal): void {
    clearTimeout(this.#timer)
    this.#response.refuse(refusal)
  }

  /** Nothing is pending in a poll: what it has is its answer. */
  destroy(): void {
    this.#answer(false)
  }

  #take(item: StreamItem): void {
    if (item.type !== 'event') return
    const { event, data, id } = item
    if (event === 'sse.open') this.#opened(id, data)
    else if (event === 'sse.gap') this.#missed(id, data)
    else if (event === 'sse.channels') this.#channels = JSON.parse(data)
    else if (event === 'sse.event') this.#label = data
    else if (event === 'sse.close') this.#retry = JSON.parse(data).reconnect || undefined
    else if (event !== 'sse.ping') this.#gather(event, data, id)
    else if (this.#state === 'gathering') this.#cursor = id
  }

  #opened(id: string, data: string): void {
    this.#cursor = id
    if (JSON.parse(data).resumed === null) this.#fill()
  }

  /** A gap comes before anything newer: what was gathered before it is answered first, and the next poll is told. */
  #missed(id: string, data: string): void {
    if (this.#events.length > 0) this.#fill()
    if (this.#state !== 'gathering') return
    const { reason, requested } = JSON.parse(data)
    this.#gap = { reason, requested }
    this.#cursor = id
  }

  /** What has no id is in no log, and would not come again: it is taken even when there is enough. */
  #gather(event: string, data: string, id: string): void {
    const own = id !== this.#cursor && id !== ''
    const label = this.#label
    this.#label = undefined
    if (own && this.#state !== 'gathering') return
    if (label !== undefined) this.#events.push({ event: 'sse.event', data: label })
    this.#events.push(own ? { id, event, data } : { event, data })
    if (own) this.#cursor = id
    this.#count++
    this.#bytes += Buffer.byteLength(data)
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

  #answerAtEndOfTurn(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    atEndOfTurn(() => this.#answer(false))
  }

  #answer(lastOfConnection: boolean): void {
    clearTimeout(this.#timer)
    if (this.closed) return
    this.#state = 'answered'
    const optional = {
      ...(this.#gap && { gap: this.#gap }),
      ...(this.#channels && { channels: this.#channels }),
    }
    const document = { events: this.#events, cursor: this.#cursor, ...optional }
    this.#response.answer(document, { retry: this.#retry, lastOfConnection })
    this.onClose?.('answered')
  }
}
