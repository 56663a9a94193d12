import { once } from 'node:events'
import { types } from 'node:util'
import {
  arrived,
  channelsOfApp,
  type ExpectedEvent,
  exchange,
  expectedEvent,
  holds,
  isEventName,
  isRetry,
  isWhole,
  nothingEscapes,
  optionsOf,
  requestFuzz,
  requestOf,
  streamOf,
  textOf,
  turns,
  watchedHub,
} from '@sse/testbed/fuzz'
import { SilentTransport } from '@sse/testbed/silent-transport'
import type { ErrorRequestHandler } from 'express'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  channels,
  createHub,
  createMemoryBroker,
  type Hub,
  type HubOptions,
  SseError,
  type SseOptions,
  sse,
} from '../../src/index.ts'
import { adapters } from '../adapters.ts'
import { expressVersions } from '../express-versions.ts'
import { listening } from '../listening.ts'
import { anyOptions, anyText, anyValue, oftenOneOf, unspeakable } from './hostile-values.ts'
import { refused, thrown } from './refused.ts'
import { closeWhenTaken, serving } from './serving.ts'

/** Milliseconds: on a machine that is busy with something else. */
const timeout = 60_000

nothingEscapes()

const aFew = { minLength: 1, maxLength: 8 }
/** Mostly one that a size, a count or a time can be. */
const number = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 1, arbitrary: fc.double() },
)
const reconnect = fc.oneof(fc.nat(), fc.constant(false))
const says = (reconnect: unknown) => reconnect === false || (reconnect !== undefined && isRetry(reconnect))

describe.each(expressVersions)('any value whatever, on %s', { timeout }, (_, express) => {
  it('send: arrives as what it is, or is refused', async () => {
    const run = await serving(express)
    const options = anyOptions({ event: anyText, id: anyText, retry: fc.nat() })
    await holds(300, fc.array(fc.record({ data: anyValue, options }), aFew), async (calls) => {
      const expected: NonNullable<ReturnType<typeof expectedEvent>>[] = []
      const answer = await run(async (res) => {
        for (const call of calls) {
          const [data, options] = [call.data.make(), call.options.make()]
          const event = expectedEvent(data, options)
          const refusal = thrown(() => res.sse.send(data, options as object))
          expect(refusal === undefined).toBe(event !== undefined)
          if (event) expected.push(event)
        }
        await closeWhenTaken(res)
      })
      const { events, retries } = streamOf(answer)
      expect(events).toEqual(expected.map(({ retry: _, ...event }) => event))
      expect(retries.slice(1)).toEqual(expected.flatMap(({ retry = [] }) => retry))
    })
  })

  it('send: what was checked is what is written, also when a getter changes its mind', async () => {
    const run = await serving(express)
    const texts = fc.array(anyText, { minLength: 1, maxLength: 4 })
    await holds(100, fc.record({ event: texts, id: texts }), async (answers) => {
      let sent = false
      const answer = await run((res) => {
        const next = (all: readonly string[], at = 0) => ({ get: () => all[at++ % all.length] })
        const options = Object.defineProperties({}, { event: next(answers.event), id: next(answers.id) })
        sent = thrown(() => res.sse.send('x', options)) === undefined
        res.sse.close()
      })
      const { events } = streamOf(answer)
      expect(events).toHaveLength(sent ? 1 : 0)
      for (const { event = '', id } of events) {
        expect(answers.event.map(arrived)).toContain(event)
        expect(answers.id.map(arrived)).toContain(id)
      }
    })
  })

  it('comment: is seen by nobody, or is refused', async () => {
    const run = await serving(express)
    await holds(200, anyValue, async (value) => {
      const text = value.make()
      const answer = await run(async (res) => {
        const refusal = thrown(() => res.sse.comment(text as string))
        expect(refusal === undefined).toBe(text === undefined || typeof text === 'string')
        await closeWhenTaken(res)
      })
      const { events, comments, retries } = streamOf(answer)
      expect(events).toEqual([])
      expect(retries).toHaveLength(1)
      const lines = typeof text === 'string' ? arrived(text).split('\n') : text === undefined ? [''] : []
      expect(comments).toEqual(['', ...lines])
    })
  })

  it('close: says when to come back, or is refused', async () => {
    const run = await serving(express)
    const call = fc.record({ opened: fc.boolean(), options: anyOptions({ reconnect }) })
    await holds(200, call, async ({ opened, options }) => {
      const value = options.make()
      const read = optionsOf(value, ['reconnect'])
      const answer = await run((res) => {
        if (opened) res.sse.comment()
        const refusal = thrown(() => res.sse.close(value as object))
        expect(refusal === undefined).toBe(
          read !== undefined && (says(read.reconnect) || read.reconnect === undefined),
        )
        if (refusal) res.sse.close()
      })
      if (!opened && read?.reconnect === false) {
        expect(answer.status).toBe(204)
        return
      }
      const said = streamOf(answer).events.map(({ event, data }) => [event, JSON.parse(data).reconnect])
      expect(said).toEqual(says(read?.reconnect) ? [['sse.close', written(read?.reconnect)]] : [])
    })
  })

  it('publish: arrives as what it is, or is rejected', async () => {
    const { hub, forAdapters, opened } = watchedHub()
    const run = await serving(express, { hub: forAdapters })
    const names = fc.constantFrom<unknown>('news', ['news'], ['news', 'other', 'news'], 'other', [])
    const call = fc.record({
      channels: oftenOneOf(names, anyText),
      data: anyValue,
      options: anyOptions({ event: anyText, idempotencyKey: fc.string({ maxLength: 130 }) }),
    })
    const seen = new Map<unknown, string>()
    await holds(200, fc.array(call, aFew), async (calls) => {
      const expected: ExpectedEvent[] = []
      const open = opened()
      const answer = run((res) => void res.sse.subscribe('news'))
      const stream = await open
      for (const call of calls) {
        const [channels, data, options] = [call.channels.make(), call.data.make(), call.options.make()]
        const text = textOf(data)
        const names = channelsOfApp(channels) ?? []
        const read = optionsOf(options, ['event', 'idempotencyKey'])
        const { event, idempotencyKey: key } = read ?? {}
        const fits = text !== undefined && Buffer.byteLength(text) <= 65_536
        const accepted = fits && names.length > 0 && read !== undefined && isEventName(event) && isKey(key)
        const publishing = hub.publish(channels as string, data, options as object)
        expect((await refused(() => publishing)) === undefined).toBe(accepted)
        if (!accepted) continue
        const { id, duplicate } = await publishing
        expect(duplicate).toBe(key !== undefined && seen.has(key))
        if (duplicate) expect(id).toBe(seen.get(key))
        else if (names.includes('news')) {
          expected.push({ event: event ? arrived(event) : undefined, id, data: arrived(text) })
        }
        seen.set(key, id)
      }
      stream.close()
      const [first, ...events] = streamOf(await answer).events
      expect(first).toMatchObject({ event: 'sse.open' })
      expect(events).toEqual(expected)
    })
    expect(hub.stats()).toMatchObject({ errors: 0, streams: 0, channels: 0 })
  })

  it('subscribe: opens, or is refused', async () => {
    const { hub, forAdapters, opened } = watchedHub()
    const run = await serving(express, { hub: forAdapters })
    await hub.ready
    const names = fc.constantFrom<unknown>(
      'news',
      ['a', 'b'],
      [],
      Array.from({ length: 65 }, (_, n) => `${n}`),
    )
    const call = fc.record({
      channels: oftenOneOf(names, anyText),
      options: anyOptions({
        expires: fc.oneof(fc.date({ noInvalidDate: false }), fc.constant(new Date(Date.now() + 1e9))),
        since: fc.oneof(anyText, fc.constantFrom(hub.position, '0123456789abcdef-1', '0', 'x'.repeat(300))),
      }),
    })
    await holds(300, call, async (call) => {
      const [channels, options] = [call.channels.make(), call.options.make()]
      const names = channelsOfApp(channels)
      const read = optionsOf(options, ['expires', 'since'])
      const { expires, since } = read ?? {}
      void opened().then((stream) => turns(4).then(() => stream.close()))
      const answer = await run((res) => {
        const refusal = thrown(() => res.sse.subscribe(channels as string, options as object))
        const fits = names !== undefined && new Set(names).size <= 64
        const isTime = expires === undefined || (isDate(expires) && !Number.isNaN(expires.getTime()))
        const isText = since === undefined || typeof since === 'string'
        expect(refusal === undefined).toBe(fits && read !== undefined && isTime && isText)
        if (refusal) res.status(418).end()
      })
      if (answer.status === 418) return
      if (isDate(expires) && expires.getTime() <= Date.now()) {
        // An EventSource shall stay away: the same credentials would be refused again.
        expect(answer.status).toBe(401)
        return
      }
      const [open, ...events] = streamOf(answer).events
      const resumed = since === undefined ? null : since === hub.position
      expect(JSON.parse(open!.data)).toMatchObject({ resumed })
      expect(events.map(({ event, data }) => [event, JSON.parse(data).requested])).toEqual(
        resumed === false ? [['sse.gap', String(since).slice(0, 256)]] : [],
      )
    })
    expect(hub.stats()).toMatchObject({ errors: 0, streams: 0, channels: 0 })
  })

  it('key and disconnect: end the streams of that key, or are refused', async () => {
    let key: unknown
    const { hub, forAdapters, opened } = watchedHub()
    const run = await serving(express, { hub: forAdapters, key: () => key as string })
    const call = fc.record({ key: anyValue, options: anyOptions({ reconnect }) })
    await holds(200, call, async (call) => {
      key = call.key.make()
      const options = call.options.make()
      const read = optionsOf(options, ['reconnect'])
      const isKey = key === undefined || (typeof key === 'string' && isWhole(key))
      const open = opened()
      const answer = run((res) => {
        const refusal = thrown(() => res.sse.comment())
        expect(refusal === undefined).toBe(isKey)
        if (refusal) res.status(418).end()
      })
      if (isKey) await open
      const refusal = await refused(() => hub.disconnect(key as string, options as object))
      const accepted = read !== undefined && (says(read.reconnect) || read.reconnect === undefined)
      expect(refusal === undefined).toBe(typeof key === 'string' && isKey && accepted)
      if (refusal) for (const stream of hub.streams) stream.close()
      if (!isKey) expect((await answer).status).toBe(418)
      else {
        const said = !refusal && says(read?.reconnect)
        expect(streamOf(await answer).events.map(({ event }) => event)).toEqual(said ? ['sse.close'] : [])
      }
    })
    expect(hub.stats()).toMatchObject({ errors: 0, streams: 0 })
  })

  it('from: sends the items of what is a source, or rejects', async () => {
    const run = await serving(express)
    const items = fc.array(anyValue, { maxLength: 4 })
    await holds(200, fc.record({ source: anyValue, items }), async ({ source, items }) => {
      const answer = await run(async (res) => {
        await refused(() => res.sse.from(source.make() as never))
        await refused(() => res.sse.from(items.map((item) => item.make())))
        await closeWhenTaken(res)
      })
      expect(streamOf(answer).retries).toHaveLength(1)
    })
  })

  it('the options of sse(): are refused when it is made, or it serves', async () => {
    let handler: Parameters<typeof listening>[0]
    const server = await listening((request, response) => handler(request, response))
    onTestFinished(server.close)
    const origin = fc.constantFrom<unknown>('*', 'https://a.example', ['https://a.example', 7], 'a.example')
    const options = anyOptions({
      hub: fc.constant(createHub()),
      key: fc.constant(() => 'mina'),
      authorize: fc.constant(() => true),
      origins: fc.oneof(origin, anyText),
      retry: fc.oneof(number, fc.tuple(fc.nat(), fc.nat()), fc.array(number)),
      stall: number,
      maxUnread: number,
      limits: fc.record(
        { streams: number, perKey: number, channels: number, rate: number },
        { requiredKeys: [] },
      ),
    })
    await holds(300, options, async (options) => {
      const made = thrown(() => {
        const app = express().use(sse(options.make() as SseOptions))
        app.get('/', (_req, res) => {
          res.sse.send('hello')
          res.sse.close()
        })
        handler = app.use(answersErrors)
      })
      if (made) return
      const headers = [['Origin', 'https://b.example']] as const
      const answer = await exchange(server.port, requestOf('GET /?channels=a HTTP/1.1', headers))
      expect([200, 403, 500]).toContain(answer.status)
    })
  })

  it('the options of createHub() and close(): are refused, or it works', async () => {
    const callback = fc.constant(() => {})
    const options = anyOptions({
      broker: fc.constant(undefined).map(() => createMemoryBroker()),
      window: fc.record({ entries: number, bytes: number }, { requiredKeys: [] }),
      heartbeat: number,
      maxEventBytes: number,
      events: fc.constantFrom({}, { tick: {} }, new Error('news')),
      onStream: callback,
      onBroker: callback,
    })
    const closing = anyOptions({ drain: number, retry: fc.tuple(fc.nat(), fc.nat()) })
    await holds(400, fc.record({ options, closing }), async ({ options, closing }) => {
      let hub: Hub | undefined
      const refusal = thrown(() => {
        hub = createHub(options.make() as HubOptions)
      })
      expect(refusal === undefined).toBe(hub !== undefined)
      if (!hub) return
      const created = hub
      await created.ready
      await refused(() => created.publish('news', 1))
      expect(created.stats()).toMatchObject({ streams: 0, broker: 'up' })
      if (await refused(() => created.close(closing.make() as object))) await created.close()
      await expect(created.publish('news', '')).rejects.toMatchObject({ code: 'closed' })
    })
  })
})

describe('a value that cannot be looked at at all, not even for a message', () => {
  const stream = () => createHub().stream(new SilentTransport()).subscribe('news')
  const places: Readonly<Record<string, (value: never) => unknown>> = {
    'an event name': (event: string) => stream().send('x', { event }),
    'an id': (id) => stream().send('x', { id }),
    'a retry': (retry) => stream().send('x', { retry }),
    'a comment': (text) => stream().comment(text),
    'a channel': (channel) => stream().subscribe(channel),
    'one of several channels': (channel) => stream().subscribe(['news', channel]),
    'an end': (expires) => stream().subscribe('news', { expires }),
    'a cursor': (since) => stream().subscribe('news', { since }),
    'a time to come back': (reconnect) => stream().close({ reconnect }),
    'a channel to publish to': (channel) => createHub().publish(channel, 'x'),
    'the name of a published event': (event: string) => createHub().publish('news', 'x', { event }),
    'an idempotency key': (idempotencyKey) => createHub().publish('news', 'x', { idempotencyKey }),
    'a key': (key) => createHub().disconnect(key),
    'an option of the hub': (heartbeat) => createHub({ heartbeat }),
    'an option of the middleware': (stall) => sse({ stall }),
  }

  it('is refused as data', async () => {
    await holds(50, unspeakable, async (value) => {
      expect(await refused(() => stream().send(value.make()))).toMatchObject({ code: 'invalid-data' })
      expect(await refused(() => createHub().publish('news', value.make()))).toMatchObject({
        code: 'invalid-data',
      })
    })
  })

  // `show` of @sse/core looks at it all the same, and so does `toChannels`: what comes out is a TypeError of the engine.
  it.each(Object.entries(places))('is refused as %s', async (_, use) => {
    await holds(50, unspeakable, async (value) => {
      expect(await refused(() => use(value.make() as never))).toBeInstanceOf(SseError)
    })
  })
})

for (const adapter of adapters) requestFuzz(adapter)

describe.each(expressVersions)('what is easily got wrong, on %s', { timeout }, (_, express) => {
  it('lines, leading spaces, empty data and the id 0 arrive', async () => {
    const run = await serving(express)
    const data = ['one\ntwo\r\nthree\rfour', '\n', ' x', '  ', '', undefined, 0, false, null]
    const answer = await run((res) => {
      for (const each of data) res.sse.send(each, { id: 0 })
      res.sse.close()
    })
    expect(streamOf(answer).events.map(({ id, data }) => [id, data])).toEqual(
      ['one\ntwo\nthree\nfour', '\n', ' x', '  ', '', '', '0', 'false', 'null'].map((text) => ['0', text]),
    )
  })

  // `close` cuts off who is behind, and in the turn of a long text everybody is.
  it('what was sent before close arrives, however long it is', async () => {
    const run = await serving(express)
    const text = 'x'.repeat(100_000)
    const answer = await run((res) => {
      res.sse.send(text)
      res.sse.close()
    })
    expect(streamOf(answer).events).toMatchObject([{ data: text }])
  })

  it('a client that left while the handler was busy is registered nowhere, whatever is called then', async () => {
    const { hub, forAdapters } = watchedHub()
    const app = express().use(sse({ hub: forAdapters, limits: { streams: 1 } }))
    const handled = Promise.withResolvers<unknown>()
    app.get('/events', async (_req, res) => {
      if (!res.destroyed) await once(res, 'close')
      const answers = [res.sse.send('x'), res.sse.comment(), res.sse.subscribe('news').closed]
      handled.resolve([...answers, await res.sse.from(['x']), res.sse.signal.reason])
    })
    const { port, server, close } = await listening(app)
    onTestFinished(close)
    server.once('request', (request) => setImmediate(() => request.socket.destroy()))
    await expect(exchange(port, requestOf('GET /events HTTP/1.1'))).rejects.toThrow()
    const left = expect.objectContaining({ name: 'AbortError', code: 'client' })
    expect(await handled.promise).toEqual([false, false, true, undefined, left])
    expect(hub.stats()).toMatchObject({ streams: 0, opened: 0, channels: 0, errors: 0 })
  })

  it('a client that leaves ends and cancels the source that it was sent, also one that hangs or fails at that', async () => {
    const handled = Promise.withResolvers<void>()
    let cancelled = 0
    const source = () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return() {
          cancelled++
          return Promise.reject(new Error('cancelled'))
        },
      }),
    })
    const app = express().use(sse())
    app.get('/', (_req, res) => {
      void Promise.all([res.sse.from(source()), res.sse.from(source())]).then(() => handled.resolve())
      setImmediate(() => res.req.socket.destroy())
    })
    const { port, close } = await listening(app)
    onTestFinished(close)
    await exchange(port, requestOf('GET / HTTP/1.1')).catch(() => {})
    await handled.promise
    expect(cancelled).toBe(2)
  })

  it('what permits nothing opens nothing: no Host, no origin, a promise', async () => {
    const anyOrigin = async () => true
    for (const options of [{}, { origins: 'https://app.example' }, { origins: anyOrigin as never }]) {
      const app = express().use(sse(options))
      app.get('/', (_req, res) => {
        res.sse.send('x')
        res.sse.close()
      })
      const { port, close } = await listening(app)
      onTestFinished(close)
      const answer = await exchange(port, 'GET / HTTP/1.0\r\nOrigin: nonsense\r\nConnection: close\r\n\r\n')
      expect(answer.status).toBe(403)
    }
  })

  // An array of one is not copied, and until the broker has started it is asked for later.
  it('an event goes to the channels that were given, also when the array is used again at once', async () => {
    const broker = createMemoryBroker()
    const published = vi.spyOn(broker, 'publish')
    const names = ['news']
    const publishing = createHub({ broker }).publish(names, 'x')
    names[0] = 'other'
    await publishing
    expect(published.mock.calls[0]?.[0]).toEqual(['news'])
  })

  it('channels(hub) without a hub is refused when it is made', () => {
    expect(() => channels(undefined as never)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  })

  it('callbacks that throw keep nobody from what is published', async () => {
    const logged = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => logged.mockRestore())
    const hub = createHub({ onStream: boom, onBroker: boom, onError: boom })
    const app = express().use(sse({ hub: hub as never }))
    app.get('/', (_req, res) => void res.sse.subscribe('news'))
    const { port, close } = await listening(app)
    onTestFinished(close)
    const answers = [1, 2, 3].map(() => exchange(port, requestOf('GET / HTTP/1.1')))
    while (hub.streams.size < 3) await turns(1)
    await expect(hub.publish('news', { toJSON: boom })).rejects.toMatchObject({ code: 'invalid-data' })
    await hub.publish('news', 'x')
    await hub.close()
    for (const answer of answers) {
      const events = streamOf(await answer).events.map(({ event, data }) => event ?? data)
      expect(events).toEqual(['sse.open', 'x', 'sse.close'])
    }
    // That the broker is up, three that opened and three that ended.
    expect(hub.stats()).toMatchObject({ errors: 7 })
  })

  it('positions are in the order of the log, also from the ninth to the tenth', async () => {
    const { hub, forAdapters, opened } = watchedHub()
    const run = await serving(express, { hub: forAdapters })
    const ids: string[] = []
    for (let count = 1; count <= 101; count++) ids.push((await hub.publish('news', count)).id)
    for (const from of [8, 9, 98, 99, 100]) {
      void opened().then((stream) => turns(4).then(() => stream.close()))
      const { events } = streamOf(
        await run((res) => void res.sse.subscribe('news', { since: ids[from - 1]! })),
      )
      expect(events.slice(1).map(({ id }) => id)).toEqual(ids.slice(from))
    }
  })

  it('who comes back with a cursor is judged anew, and is given nothing that it may no longer read', async () => {
    const { hub, forAdapters, opened } = watchedHub()
    let allowed = true
    const app = express().use(sse({ hub: forAdapters, authorize: () => allowed }))
    app.get('/', (_req, res) => void res.sse.subscribe([]))
    const { port, close } = await listening(app)
    onTestFinished(close)
    const { id } = await hub.publish('secret', 'before')
    const connect = async () => {
      void opened().then((stream) => turns(4).then(() => stream.close()))
      const request = requestOf('GET /?channels=secret HTTP/1.1', [['Last-Event-ID', id]])
      return streamOf(await exchange(port, request)).events.map(({ event, data }) => event ?? data)
    }
    await hub.publish('secret', 'after')
    expect(await connect()).toEqual(['sse.open', 'sse.channels', 'after'])
    allowed = false
    expect(await connect()).toEqual(['sse.open', 'sse.channels'])
  })
})

function boom(): never {
  throw new Error('boom')
}

/** On the wire there is but one 0. */
const written = (value: unknown) => JSON.parse(JSON.stringify(value))

const isDate: (value: unknown) => value is Date = types.isDate

function isKey(key: unknown): boolean {
  if (key === undefined) return true
  return typeof key === 'string' && key !== '' && isWhole(key) && Buffer.byteLength(key) <= 128
}

/** Express knows it by its four parameters. */
const answersErrors: ErrorRequestHandler = (_error, _req, res, _next) => void res.status(500).end()
