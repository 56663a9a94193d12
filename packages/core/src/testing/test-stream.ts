import { Decoder, type StreamItem } from '../wire/decode.ts'

/** An event that a test read from a stream. */
export type TestEvent = Extract<StreamItem, { type: 'event' }>

/** An open stream, which the test reads at its own pace. Reads may overlap: each gets the item after the one before. */
export class TestStream {
  readonly status: number
  readonly headers: Headers
  /** Whether the answer is an event stream: 200 and `text/event-stream`. */
  readonly isStream: boolean
  /** The comments that `next` and `take` skipped. */
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
   * `open`; `ended` by the server; `broken` if the connection was lost before the answer was complete; `closed` by the test.
   */
  get state(): 'open' | 'ended' | 'broken' | 'closed' {
    return this.#state
  }

  /** The cursor of a client that has received what was read so far. */
  get lastEventId(): string | undefined {
    return this.#lastEventId
  }

  /** The last reconnection time that was read, in milliseconds. */
  get retry(): number | undefined {
    return this.#retry
  }

  /**
   * The next item, comments and reconnection times included; `undefined` at the end. Then `state` tells how the stream ended.
   *
   * @throws (rejected) if the answer is not a stream
   */
  async read(): Promise<StreamItem | undefined> {
    if (!this.isStream)
      throw new Error(`${this.#request} did not answer a stream, but ${await this.#described()}`)
    const { value: item, done } = await this.#items.next()
    if (done || this.#state === 'closed') return undefined
    if (item.type === 'event') this.#lastEventId = item.id || undefined
    if (item.type !== 'comment') this.#retry = item.retry ?? this.#retry
    return item
  }

  /**
   * The next event, of this name if one is given. Items before it are skipped.
   *
   * @throws (rejected) if the stream ends before, or the answer is not a stream
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
    const after = passed.length === 0 ? '' : ` These came: ${passed.join(', ')}.`
    throw new Error(`${endings[this.#state]} before ${missing}.${after}`, { cause: this.#cause })
  }

  /** The next so many events, of this name if one is given. @throws (rejected) as `next` does */
  async take(count: number, event?: string): Promise<TestEvent[]> {
    const events: TestEvent[] = []
    while (events.length < count) events.push(await this.next(event))
    return events
  }

  /** Everything up to the end of the stream. @throws (rejected) if the answer is not a stream */
  async rest(): Promise<StreamItem[]> {
    const items: StreamItem[] = []
    for await (const item of this) items.push(item)
    return items
  }

  /** The body of an answer that is not a stream. @throws (rejected) if it is a stream */
  async text(): Promise<string> {
    if (this.isStream)
      throw new Error(`${this.#request} answered a stream: read it by read, next, take or rest.`)
    this.#text ??= this.#response.text()
    return this.#text
  }

  /** The body of an answer that is JSON, such as a problem document. @throws (rejected) if it is not JSON */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  /** Leaves as a client that closes its EventSource: pending reads end. Resolves when the server of this stream has ended. */
  close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closed'
    return this.#leave()
  }

  /** Item by item. Leaving the loop keeps the stream open. */
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
