import { describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { createHub } from '../hub/hub.ts'
import type { PollResponse } from '../response/poll.ts'
import type { Transport } from '../response/transport.ts'
import type { SseStream } from '../stream/sse-stream.ts'
import { Decoder } from '../wire/decode.ts'
import { type Answer, documentAnswer, refusalAnswer, streamHead } from './answer.ts'
import { Endpoint } from './endpoint.ts'
import type { Exchange } from './exchange.ts'
import type { EndpointOptions } from './options.ts'
import { readsProblems } from './request.ts'

/** An adapter for the `Request` and `Response` of the web: it copies nothing of the one for Express. */
class WebExchange implements Exchange<Request> {
  readonly request: Request
  readonly address = '127.0.0.1'
  readonly response = Promise.withResolvers<Response>()
  readonly #own: Readonly<Record<string, string>>
  #over: (() => void) | undefined
  closed = false

  constructor(request: Request, own: Readonly<Record<string, string>>) {
    this.request = request
    this.#own = own
  }

  get url(): string {
    return this.request.url
  }

  get hostname(): string {
    return new URL(this.url).hostname
  }

  readonly header = (name: string) => this.request.headers.get(name) ?? undefined
  readonly ownHeader = (name: string) => this.#own[name]
  readonly onOver = (callback: (stream: SseStream) => void, stream: SseStream) => {
    this.#over = () => callback(stream)
  }

  answer({
    status,
    head,
    body,
  }: Omit<Answer, 'body'> & { body?: string | ReadableStream<Uint8Array> }): void {
    const headers = new Headers(this.#own)
    for (const [name, value] of head) value === undefined ? headers.delete(name) : headers.set(name, value)
    this.response.resolve(new Response(body ?? null, { status, headers }))
  }

  transport(): Transport {
    const refuse: Transport['refuse'] = (refusal) =>
      this.#end(refusalAnswer(refusal, readsProblems(this.header('Accept')), this.ownHeader))
    let body: ReadableStreamDefaultController<Uint8Array>
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => {
        body = controller
      },
      cancel: () => {
        this.#finish()
        transport.onClose?.()
      },
    })
    const transport: Transport = {
      open: () => this.answer({ status: 200, head: streamHead(this.ownHeader), body: source }),
      write: (frames) => {
        for (const { bytes } of frames) body.enqueue(bytes)
        return true
      },
      end: () => {
        body.close()
        this.#finish()
      },
      refuse,
      destroy: () => body.error(),
      pending: 0,
      closed: false,
      onDrain: undefined,
      onClose: undefined,
    }
    return transport
  }

  pollResponse(): PollResponse {
    return {
      begin() {},
      answer: (document, options) => this.#end(documentAnswer(document, this.ownHeader, options)),
      refuse: (refusal) => this.#end(refusalAnswer(refusal, true, this.ownHeader)),
      closed: false,
      onClose: undefined,
    }
  }

  #end(answer: Answer): void {
    this.answer(answer)
    this.#finish()
  }

  #finish(): void {
    this.closed = true
    this.#over?.()
  }
}

function serve(options: EndpointOptions<Request> = {}) {
  const hub = createHub()
  const endpoint = new Endpoint<Request>({ hub, ...options })
  const exchangeOf = (init: RequestInit & { own?: Record<string, string> }, path: string) =>
    new WebExchange(new Request(`http://localhost:3000${path}`, init), init.own ?? {})
  /** What a route answers that puts its stream on `news`. */
  async function get(
    headers: Record<string, string> = {},
    { path = '/', own = {}, use = (stream: SseStream): unknown => stream.subscribe('news') } = {},
  ): Promise<Response> {
    const exchange = exchangeOf({ headers, own }, path)
    use(endpoint.open(exchange, endpoint.arrival()))
    return exchange.response.promise
  }
  async function post(body: unknown, headers: Record<string, string> = {}) {
    const exchange = exchangeOf({ method: 'POST', headers, body: JSON.stringify(body) }, '/')
    exchange.answer(await endpoint.changeChannels(hub, exchange, () => exchange.request.json()))
    return exchange.response.promise
  }
  return { hub, endpoint, get, post }
}

const problems = { Accept: 'text/event-stream, application/problem+json' }

describe('an endpoint, by requests and responses of the web', () => {
  it('answers a stream, which resumes by header and query, and is changed by POST', async () => {
    const { hub, get, post } = serve({ authorize: () => true })
    await hub.ready
    const cursor = hub.position
    await hub.publish('news', 'missed')
    for (const response of [
      await get({ 'Last-Event-ID': cursor }),
      await get({}, { path: `/?lastEventId=${cursor}` }),
    ]) {
      expect(Object.fromEntries(response.headers)).toEqual({
        'cache-control': 'no-cache, no-transform',
        'content-type': 'text/event-stream; charset=utf-8',
        vary: 'Accept',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
      })
      const items = itemsOf(response)
      const { stream, resumed } = JSON.parse((await items.next('sse.open')).data)
      expect(resumed).toBe(true)
      expect((await items.next('message')).data).toBe('missed')
      const changed = await post({ stream, subscribe: 'more' })
      expect(await changed.json()).toEqual({ channels: ['news', 'more'], refused: [] })
      await items.next('sse.channels')
    }
  })

  it('answers a poll, and stays by what the app has set', async () => {
    const { hub, get } = serve()
    await hub.ready
    const own = { 'Cache-Control': 'private', Vary: 'Cookie', 'Content-Encoding': 'gzip' }
    const response = await get({ Accept: 'application/json' }, { own })
    expect(await response.json()).toEqual({ events: [], cursor: hub.position })
    const { headers } = response
    expect([headers.get('cache-control'), headers.get('vary')]).toEqual([
      'private, no-store',
      'Cookie, Accept',
    ])
    expect(headers.has('content-encoding')).toBe(false)
  })

  it('refuses in the form that the client understands', async () => {
    const { get, endpoint } = serve({ limits: { streams: 1 } })
    const first = await get()
    const shed = await get()
    expect([shed.status, shed.headers.get('connection')]).toEqual([200, 'close'])
    expect(await shed.text()).toMatch(/^: 503 There are 1 streams already.*\nretry: \d+\n\n$/)
    const refused = await get(problems)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await refused.json()).toMatchObject({ title: 'Service Unavailable', status: 503 })
    const foreign = await get({ Origin: 'https://evil.example' })
    expect([foreign.status, foreign.headers.get('content-type')]).toEqual([403, 'application/problem+json'])
    const away = await get({}, { use: (stream) => stream.close({ reconnect: false }) })
    expect([away.status, away.headers.get('content-type')]).toEqual([204, null])
    await first.body?.cancel()
    expect((await get(problems)).status).toBe(200)
    await endpoint.close()
    expect((await get(problems)).status).toBe(503)
  })

  it.each([
    [400, {}, 'nonsense'],
    [400, {}, { subscribe: ['a'] }],
    [400, {}, { stream: 'x', subscribe: Array(65).fill('a') }],
    [403, { Origin: 'https://evil.example' }, { stream: 'x' }],
    [404, {}, { stream: 'x', subscribe: ['a'] }],
  ])('answers a POST with %i: %j %j', async (status, headers, body) => {
    const response = await serve().post(body, headers)
    expect(await response.json()).toMatchObject({ status, title: expect.any(String) })
    expect(response.status).toBe(status)
  })

  it('tells onError once of an authorize that gives something truthy', async () => {
    const onError = vi.fn()
    const hub = createHub({ onError })
    const { get } = serve({ hub, authorize: () => 'yes' as never })
    for (let count = 0; count < 2; count++) {
      const items = itemsOf(await get({}, { path: '/?channels=a' }))
      expect(JSON.parse((await items.next('sse.channels')).data)).toMatchObject({ refused: ['a'] })
    }
    await endOfTurn()
    expect(onError).toHaveBeenCalledTimes(1)
  })
})

function itemsOf(response: Response) {
  const items = decoded(response)
  return {
    async next(event: string): Promise<{ readonly data: string }> {
      for (;;) {
        const { value, done } = await items.next()
        if (done) throw new Error(`The stream ended before ${event}.`)
        if (value.type === 'event' && value.event === event) return value
      }
    },
  }
}

async function* decoded(response: Response) {
  const decoder = new Decoder()
  for await (const chunk of response.body ?? []) yield* decoder.decode(new TextDecoder().decode(chunk))
}
