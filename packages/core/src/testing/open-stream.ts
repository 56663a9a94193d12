import { Decoder, type StreamItem } from '../wire/decode.ts'

/** An event of a stream, as its test sees it. */
export type TestEvent = Extract<StreamItem, { type: 'event' }>

/** What has `listen`, as an Express application does. */
export interface Listening {
  listen(
    port: number,
    callback: () => void,
  ): {
    address(): unknown
    close(): unknown
    closeAllConnections?(): void
  }
}

export interface OpenStreamOptions {
  readonly headers?: Record<string, string>
  /** Sent as the header `Last-Event-ID`. */
  readonly lastEventId?: string
}

/**
 * Opens a stream for a test and reads it item by item: nothing is waited for but what the stream says.
 *
 * @param app an Express application, listened to on a free port while the stream is open; or the origin of a running server
 * @throws when the stream was opened and the server could not be reached
 */
export async function openStream(
  app: Listening | string,
  path: string,
  { headers = {}, lastEventId }: OpenStreamOptions = {},
): Promise<TestStream> {
  const server = typeof app === 'string' ? undefined : await listen(app)
  const origin = server?.origin ?? String(app)
  const abort = new AbortController()
  const cursor = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }
  const response = await fetch(new URL(path, origin), {
    headers: { Accept: 'text/event-stream', ...cursor, ...headers },
    signal: abort.signal,
  })
  return new TestStream(response, () => {
    abort.abort()
    server?.stop()
  })
}

/** An open stream, read at the test's own pace. */
export class TestStream {
  readonly status: number
  readonly headers: Headers
  /** The comments passed over by `next`. */
  readonly comments: string[] = []
  readonly #items: AsyncGenerator<StreamItem>
  readonly #leave: () => void

  constructor(response: Response, leave: () => void) {
    this.status = response.status
    this.headers = response.headers
    this.#items = itemsOf(response)
    this.#leave = leave
  }

  /** The next item, comments included; `undefined` at the end of the stream. */
  async read(): Promise<StreamItem | undefined> {
    const { value, done } = await this.#items.next()
    return done ? undefined : value
  }

  /**
   * The next event, of this name if one is given; what comes before it is passed over.
   *
   * @throws when the stream ends before
   */
  async next(event?: string): Promise<TestEvent> {
    for (let item = await this.read(); item; item = await this.read()) {
      if (item.type === 'comment') this.comments.push(item.text)
      else if (item.type === 'event' && (event === undefined || item.event === event)) return item
    }
    throw new Error(`The stream ended before ${event === undefined ? 'an event' : `the event ${event}`}.`)
  }

  /** The next so many events of this name. */
  async take(count: number, event: string): Promise<TestEvent[]> {
    const events: TestEvent[] = []
    while (events.length < count) events.push(await this.next(event))
    return events
  }

  /** Everything up to the end of the stream. */
  async rest(): Promise<StreamItem[]> {
    const items: StreamItem[] = []
    for (let item = await this.read(); item; item = await this.read()) items.push(item)
    return items
  }

  /** Leaves, as a client does that closes its EventSource. */
  close(): void {
    this.#leave()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamItem> {
    yield* this.#items
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

async function* itemsOf(response: Response): AsyncGenerator<StreamItem> {
  if (!response.body) return
  const decoder = new Decoder()
  const text = new TextDecoder()
  try {
    for await (const chunk of response.body) yield* decoder.decode(text.decode(chunk, { stream: true }))
  } catch {
    // A connection that breaks is an end like any other: what counts is what came before.
  }
}

function listen(app: Listening): Promise<{ origin: string; stop: () => void }> {
  return new Promise((resolve) => {
    const server = app.listen(0, () => {
      const { port } = server.address() as { port: number }
      const stop = () => {
        server.close()
        server.closeAllConnections?.()
      }
      resolve({ origin: `http://localhost:${port}`, stop })
    })
  })
}
