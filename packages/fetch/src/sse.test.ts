import * as core from '@sse/core'
import { createHub, SseError, type SseStream } from '@sse/core'
import { describe, expect, it, vi } from 'vitest'
import * as everything from './index.ts'
import { channels, sse } from './index.ts'

const request = (init: RequestInit = {}) => new Request('http://localhost:3000/events', init)
const news = (stream: SseStream) => void stream.subscribe('news')

describe('sse', () => {
  it.each([
    [{ hub: {} }, /^hub must be/],
    [{ origin: '*' }, 'origin is not an option. Did you mean origins?'],
    [{ clients: () => '' }, 'clients is not an option. Did you mean client?'],
    [{ client: '127.0.0.1' }, /^client must be a function/],
    [{ limits: { perUser: 1 } }, 'limits.perUser is not an option. Did you mean limits.perKey?'],
    [createHub(), 'sse({ hub })'],
  ])('refuses options that are none: %j', (options, message) => {
    expect(() => sse(options as never)).toThrow(message)
  })

  it('says so when it is used as the handler itself', () => {
    expect(() => (sse as (...all: unknown[]) => unknown)(request(), {})).toThrow(
      'sse answers no request itself',
    )
  })

  it('re-exports all of @sse/core, so that a server installs one package', () => {
    expect(everything).toMatchObject(core)
  })

  it('refuses what is no request and what is no handler', async () => {
    const open = sse()
    await expect(open({ req: {} } as never, () => {})).rejects.toThrow('it is c.req.raw in Hono')
    await expect(open(request(), undefined as never)).rejects.toThrow('open(request, (stream) => { … })')
  })
})

describe('a handler', () => {
  it('that has not used its stream rejects: a response would never come', async () => {
    const open = sse({ hub: createHub() })
    await expect(open(request(), () => {})).rejects.toMatchObject({ code: 'invalid-option' })
    await expect(open(request({ headers: { Accept: 'application/json' } }), async () => {})).rejects.toThrow(
      'The handler has ended without using its stream',
    )
  })

  it('that fails later ends its stream, and onError is told', async () => {
    const onError = vi.fn()
    const hub = createHub({ onError })
    const open = sse({ hub })
    const failure = Promise.withResolvers<void>()
    const response = await open(request(), (stream) => {
      stream.subscribe('news')
      return failure.promise
    })
    failure.reject(new Error('late'))
    await expect(response.text()).rejects.toThrow('The stream was ended by the server.')
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'late' }))
    expect(hub.streams.size).toBe(0)
  })

  it('may answer later, as long as the client waits', async () => {
    const open = sse({ hub: createHub() })
    const response = await open(request(), async (stream) => {
      await new Promise(setImmediate)
      stream.send('late')
      stream.close()
    })
    expect(await response.text()).toContain('data: late\n')
  })
})

describe('a client that leaves', () => {
  it.each(['text/event-stream', 'application/json'])('by request.signal, ends its %s', async (accept) => {
    const hub = createHub()
    const open = sse({ hub, limits: { streams: 1 } })
    const abort = new AbortController()
    const headers = { Accept: accept, Prefer: 'wait=30' }
    const opened = Promise.withResolvers<SseStream>()
    const answer = open(request({ headers, signal: abort.signal }), (stream) =>
      opened.resolve(stream.subscribe('news')),
    )
    const stream = await opened.promise
    abort.abort()
    expect(stream.closed).toBe(true)
    expect((await answer).status).toBe(499)
    expect((await open(request(), news)).status).toBe(200)
  })

  it('while its stream is open, is no error to the platform', async () => {
    const abort = new AbortController()
    const hub = createHub()
    const response = await sse({ hub })(request({ signal: abort.signal }), news)
    abort.abort()
    expect(hub.stats().closed).toMatchObject({ client: 1 })
    expect(await response.text()).toMatch(/^:\n/)
  })

  it('before it is answered, opens nothing', async () => {
    const hub = createHub()
    const response = await sse({ hub })(request({ signal: AbortSignal.abort() }), news)
    expect(response.status).toBe(499)
    expect(hub.stats()).toMatchObject({ streams: 0, opened: 0 })
  })

  it('by cancelling the body, ends its stream', async () => {
    const hub = createHub()
    const response = await sse({ hub })(request(), news)
    await response.body?.cancel()
    expect(hub.stats()).toMatchObject({ streams: 0, closed: { client: 1 } })
  })
})

describe('the bytes of a broadcast', () => {
  it('are shared by all responses, and still whole afterwards', async () => {
    const hub = createHub()
    const open = sse({ hub })
    const readers = await Promise.all(
      [1, 2, 3].map(async () => (await open(request(), news)).body!.getReader()),
    )
    await hub.publish('news', 'hello')
    const chunks = await Promise.all(
      readers.map(async (reader) => {
        for (;;) {
          const { value } = await reader.read()
          if (value && Buffer.from(value).includes('data: hello')) return value
        }
      }),
    )
    expect(new Set(chunks).size).toBe(1)
    expect(chunks[0]?.byteLength).toBeGreaterThan(0)
    for (const reader of readers) await reader.cancel()
  })
})

describe('channels', () => {
  const post = () =>
    request({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"stream":"x"}' })

  it('takes the hub', () => {
    expect(() => channels({} as never)).toThrow(SseError)
    expect(() => channels(createHub(), {} as never)).toThrow('channels(hub, open) takes what sse({ hub })')
  })

  it('needs an sse() of its hub, and is told which one if there are several', async () => {
    const hub = createHub()
    const change = channels(hub)
    await expect(change(post())).rejects.toThrow('channels(hub) needs an sse() of this hub')
    const open = sse({ hub })
    expect((await change(post())).status).toBe(404)
    sse({ hub })
    await expect(change(post())).rejects.toThrow('channels(hub, open)')
    expect((await channels(hub, open)(post())).status).toBe(404)
  })

  it('says so when the body was read before', async () => {
    const hub = createHub()
    sse({ hub })
    const used = post()
    await used.json()
    const response = await channels(hub)(used)
    expect(response.status).toBe(500)
    expect(JSON.parse(await response.text()).detail).toContain('before anything reads it')
  })

  it('takes no body in an encoding', async () => {
    const hub = createHub()
    sse({ hub })
    const encoded = post()
    encoded.headers.set('Content-Encoding', 'gzip')
    expect((await channels(hub)(encoded)).status).toBe(415)
  })
})
