import { Decoder, type StreamItem } from '../wire/decode.ts'

/** An event of a stream, as its test sees it. */
export type TestEvent = Extract<StreamItem, { type: 'event' }>

/** An open stream, read at the test's own pace. Reads may overlap: each gets the item after the last one's. */
export class TestStream {
  readonly status: number
  readonly headers: Headers
  /** Whether the answer is an event stream: 200 and `text/event-stream`. */
  readonly isStream: boolean
  /** The comments passed over by `next` and `take`. */
  readonly comments: string[] = []
  readonly #response: Response
  readonly #request: string
  readonly #leave: () => Promise<void>
  readonly #items: AsyncGenerator<StreamItem>
  #state: 'open' | 'ended' | 'broken' | 'closed' = 'open'
  #cause: unknown
  #lastEventId: string | undefined
  #retry: number | undefined
  #text: Promise<string> | undefined

  /** For `openStream`, which makes them. */
  constructor(response: Response, request: string, leave: () => Promise<void>) {
    this.status = response.status
    this.headers = response.headers
    this.isStream =
      response.status === 200 && /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')
    this.#response = response
    this.#request = request
    this.#leave = leave
    this.#items = this.#read()
  }

  /**
   * How far the reading has come: `open`; `ended` by the server; `broken`, when the connection was lost before the answer was
   * complete; `closed` by the test.
   */
  get state(): 'open' | 'ended' | 'broken' | 'closed' {
    return this.#state
  }

  /** The id that a client would come back with, of what was read so far. */
  get lastEventId(): string | undefined {
    return this.#lastEventId
  }

  /** The reconnection time that was told last, of what was read so far, in milliseconds. */
  get retry(): number | undefined {
    return this.#retry
  }

  /**
   * The next item, comments and reconnection times included; `undefined` at the end, of which `state` tells the kind.
   *
   * @throws (rejected) when the answer is no stream
   */
  async read(): Promise<StreamItem | undefined> {
    if (!this.isStream) throw new Error(`${this.#request} answered no stream: ${await this.#described()}`)
    const { value: item, done } = await this.#items.next()
    if (done || this.#state === 'closed') return undefined
    if (item.type === 'event') this.#lastEventId = item.id || undefined
    if (item.type !== 'comment') this.#retry = item.retry ?? this.#retry
    return item
  }

  /**
   * The next event, of this name if one is given; what comes before it is passed over.
   *
   * @throws (rejected) when the stream ends before, or the answer is none
   */
  async next(event?: string): Promise<TestEvent> {
    const passed: string[] = []
    for (let item = await this.read(); item; item = await this.read()) {
      if (item.type === 'comment') this.comments.push(item.text)
      if (item.type !== 'event') continue
      if (event === undefined || item.event === event) return item
      passed.push(item.event)
    }
    const missing = event === undefined ? 'an event' : `the event ${event}`
    const after = passed.length === 0 ? '' : ` What came was ${passed.join(', ')}.`
    throw new Error(`${endings[this.#state]} before ${missing}.${after}`, { cause: this.#cause })
  }

  /** The next so many events, of this name if one is given. @throws (rejected) as `next` does */
  async take(count: number, event?: string): Promise<TestEvent[]> {
    const events: TestEvent[] = []
    while (events.length < count) events.push(await this.next(event))
    return events
  }

  /** Everything up to the end of the stream. @throws (rejected) when the answer is no stream */
  async rest(): Promise<StreamItem[]> {
    const items: StreamItem[] = []
    for await (const item of this) items.push(item)
    return items
  }

  /** The body of an answer that is no stream. @throws (rejected) when it is one */
  async text(): Promise<string> {
    if (this.isStream)
      throw new Error(`${this.#request} answered a stream: read it by read, next, take or rest.`)
    this.#text ??= this.#response.text()
    return this.#text
  }

  /** The body of an answer that is JSON, such as a problem document. @throws (rejected) when it is none */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  /** Leaves, as a client does that closes its EventSource: reads that wait are ended. Resolves when the server that was listened to has ended. */
  close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closed'
    return this.#leave()
  }

  /** Item by item; to break off the loop leaves the stream open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<StreamItem> {
    for (let item = await this.read(); item; item = await this.read()) yield item
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async *#read(): AsyncGenerator<StreamItem> {
    const decoder = new Decoder()
    const text = new TextDecoder()
    try {
      for await (const chunk of this.#response.body ?? [])
        yield* decoder.decode(text.decode(chunk, { stream: true }))
      this.#end('ended')
    } catch (error) {
      this.#end('broken', error)
    }
  }

  #end(state: 'ended' | 'broken', cause?: unknown): void {
    if (this.#state !== 'open') return
    this.#state = state
    this.#cause = cause
  }

  async #described(): Promise<string> {
    const body = await this.text().catch((error) => String(error))
    const type = this.headers.get('content-type') ?? 'no content type'
    return `${this.status}, ${type}${body === '' ? '' : `, ${body.slice(0, 500)}`}`
  }
}

const endings = {
  open: 'Nothing came',
  ended: 'The stream ended',
  broken: 'The connection broke',
  closed: 'The test closed the stream',
}
