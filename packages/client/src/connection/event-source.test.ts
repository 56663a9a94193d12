import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSseClient, type EventLike, type SseClientOptions } from '../index.ts'
import { createTestClock, scriptEventSource } from '../testing/index.ts'

function setUp(options: SseClientOptions = {}) {
  const { EventSource, sources } = scriptEventSource()
  const clock = createTestClock()
  const client = createSseClient('http://a.example/events', { EventSource, clock, polls: false, ...options })
  const newest = () => sources.at(-1)!
  return { client, clock, sources, newest }
}

afterEach(() => vi.unstubAllGlobals())

describe('over an EventSource that tells no status', () => {
  it('carries the cursor and the channels in the query', () => {
    const { client, clock, newest } = setUp({ channels: ['a', 'b'], withCredentials: true })
    client.on('tick', () => {})
    client.connect()
    expect(newest().url.href).toBe('http://a.example/events?channels=a,b')
    expect(newest().withCredentials).toBe(true)
    newest().open()
    newest().send('tick', '1', '5')
    newest().lose()
    clock.advance(1000)
    expect(newest().url.searchParams.get('lastEventId')).toBe('5')
  })

  it('replaces the source at its first error, before it reconnects by itself', () => {
    const { client, clock, sources, newest } = setUp()
    client.connect()
    newest().open()
    newest().lose()
    expect(sources[0]?.readyState).toBe(2)
    expect(client.state).toMatchObject({ status: 'waiting', error: { code: 'network' } })
    clock.advance(1000)
    expect(sources).toHaveLength(2)
  })

  it('tries again when the source gave up, for it may have been a 503', () => {
    const { client, clock, sources, newest } = setUp()
    client.connect()
    newest().refuse()
    expect(client.state).toMatchObject({ status: 'waiting', error: { code: 'refused' } })
    clock.advance(1000)
    expect(sources).toHaveLength(2)
  })

  it('hears nothing of a source that was replaced', () => {
    const { client, sources } = setUp()
    const heard = vi.fn()
    client.on('tick', heard)
    client.connect()
    client.reconnect()
    sources[0]?.open()
    sources[0]?.send('tick', '1', '5')
    sources[0]?.lose()
    expect(heard).not.toHaveBeenCalled()
    expect(client.state).toEqual({ status: 'connecting', attempt: 0 })
    expect(client.lastEventId).toBe('')
  })

  it('listens for a name as long as somebody does, and for its own names always', () => {
    const { EventSource, sources } = scriptEventSource()
    const names = new Set<string>()
    class Counting extends EventSource {
      override addEventListener(name: string, listener: (event: EventLike) => void) {
        names.add(name)
        super.addEventListener(name, listener)
      }
      override removeEventListener(name: string, listener: (event: EventLike) => void) {
        names.delete(name)
        super.removeEventListener?.(name, listener)
      }
    }
    const { client } = setUp({ EventSource: Counting })
    const off = client.on('tick', () => {})
    client.connect()
    sources[0]?.open()
    const before = names.size
    for (let n = 0; n < 1000; n++) client.on(`name ${n}`, () => {})()
    client.on('sse.gap', () => {})()
    client.on('error', () => {})()
    expect([before, names.size, names.has('tick')]).toEqual([15, 15, true])
    off()
    // Over a native EventSource, too, a name is given up when it is next received.
    sources[0]?.send('tick', '1')
    expect(names.has('tick')).toBe(false)
    client.close()
  })

  it('discards a message that comes from another origin, after a redirect', () => {
    const { client, newest } = setUp()
    const heard = vi.fn()
    client.on('tick', heard)
    client.connect()
    newest().open()
    newest().dispatchEvent(new MessageEvent('tick', { data: '1', origin: 'http://b.example' }))
    expect(client.state).toMatchObject({ status: 'closed', reason: 'rejected', error: { code: 'redirect' } })
    expect(heard).not.toHaveBeenCalled()
  })

  it('ends when the server says so', () => {
    const { client, newest } = setUp()
    client.connect()
    newest().open()
    newest().send('sse.close', '{"reconnect":false,"reason":"bye"}')
    expect(client.state).toMatchObject({ status: 'closed', reason: 'ended' })
  })

  it('takes an event for a sign of life', () => {
    const { client, clock, newest } = setUp()
    client.connect()
    newest().open()
    newest().send('sse.open', '{"heartbeat":1000}', '1')
    for (let i = 0; i < 5; i++) {
      clock.advance(1000)
      newest().send('sse.ping', '', '1')
    }
    expect(client.state.status).toBe('open')
    clock.advance(2500)
    expect(client.state).toMatchObject({ status: 'waiting', error: { code: 'silence' } })
  })

  it('counts a constructor that throws as a failed attempt', () => {
    const { EventSource } = scriptEventSource()
    let attempts = 0
    const Failing = class extends EventSource {
      constructor(url: string) {
        super(url)
        attempts++
        throw new Error('not allowed')
      }
    }
    const { client, clock } = setUp({ EventSource: Failing })
    client.connect()
    expect(client.state).toMatchObject({ status: 'waiting', error: { message: 'Error: not allowed' } })
    clock.advance(1000)
    expect(attempts).toBe(2)
    client.close()
  })
})

describe('waking up', () => {
  function stubPage() {
    const page = new EventTarget()
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
    return {
      wake: () => page.dispatchEvent(new Event('online')),
      show: (persisted: boolean) => page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted })),
    }
  }

  it('ends the waiting', () => {
    const { wake } = stubPage()
    const { client, clock, sources, newest } = setUp()
    client.connect()
    newest().lose()
    wake()
    expect(sources).toHaveLength(2)
    expect(client.state).toEqual({ status: 'connecting', attempt: 1 })
    client.close()
    expect(clock.timers).toEqual([])
  })

  it('does not come before the time that the server asked for', () => {
    const { wake } = stubPage()
    const { client, clock, sources, newest } = setUp()
    client.connect()
    newest().open()
    newest().send('sse.close', '{"reconnect":10000}')
    wake()
    expect(sources).toHaveLength(1)
    clock.sleep(10_000)
    wake()
    expect(sources).toHaveLength(2)
    client.close()
  })

  it('replaces a connection that has been silent, without waiting', () => {
    const { wake } = stubPage()
    const { client, clock, sources, newest } = setUp()
    client.connect()
    newest().open()
    newest().send('sse.open', '{"heartbeat":1000}', '1')
    wake()
    expect(sources).toHaveLength(1)
    clock.sleep(60_000)
    wake()
    expect(sources).toHaveLength(2)
    expect(client.state.status).toBe('connecting')
    client.close()
  })

  it('replaces the connection of a page that comes back from the cache, whatever it says of itself', () => {
    const { show } = stubPage()
    const { client, sources, newest } = setUp()
    client.connect()
    newest().open()
    show(false)
    expect(sources).toHaveLength(1)
    show(true)
    expect(sources).toHaveLength(2)
    expect(sources[0]?.readyState).toBe(2)
    client.close()
  })

  it('comes soon after a sleep, though timers stood still', () => {
    const { client, clock, sources, newest } = setUp()
    client.connect()
    newest().open()
    newest().send('sse.open', '{"heartbeat":60000}', '1')
    clock.sleep(3_600_000)
    clock.advance(10_000)
    expect(client.state).toMatchObject({ status: 'waiting', error: { code: 'silence' } })
    clock.advance(1000)
    expect(sources).toHaveLength(2)
    newest().send('sse.close', '{"reconnect":600000}')
    clock.sleep(3_600_000)
    clock.advance(10_000)
    expect(sources).toHaveLength(3)
    client.close()
  })

  it('makes a request anew that is not answered yet, once for all events of a waking page', () => {
    const { wake, show } = stubPage()
    const { client, clock, sources } = setUp()
    client.connect()
    show(false) // of a page that has only just been loaded
    expect(sources).toHaveLength(1)
    wake()
    wake()
    expect([sources.length, sources[0]?.readyState]).toEqual([2, 2])
    clock.advance(1000)
    show(true)
    expect(sources).toHaveLength(3)
    expect(client.state).toEqual({ status: 'connecting', attempt: 0 })
    client.close()
  })

  it('gives up a request that was made before a sleep', () => {
    const { show } = stubPage()
    const { client, clock } = setUp()
    client.connect()
    clock.sleep(3_600_000)
    show(false)
    expect(client.state).toMatchObject({ status: 'waiting', error: { code: 'silence' } })
    client.close()
  })

  it('does nothing to a client that is closed', () => {
    const { wake } = stubPage()
    const { client, sources } = setUp()
    client.connect()
    client.close()
    wake()
    expect(sources).toHaveLength(1)
  })
})

it('sends the cursor by query to another origin, where a header would cost a preflight', async () => {
  const requests: Request[] = []
  vi.stubGlobal('location', { origin: 'http://page.example', href: 'http://page.example/' })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    requests.push(new Request(url, init))
    return new Response(null, { status: 404 })
  })
  const client = createSseClient('http://a.example/events', { lastEventId: '5' })
  client.connect()
  await vi.waitFor(() => expect(client.state.status).toBe('closed'))
  expect(requests[0]?.url).toBe('http://a.example/events?lastEventId=5')
  expect(requests[0]?.headers.has('Last-Event-ID')).toBe(false)
})
