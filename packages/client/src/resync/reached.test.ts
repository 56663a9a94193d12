import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { scriptFetch } from '../../test/model/scripted-fetch.ts'
import { createSseClient, type SseClientOptions } from '../index.ts'
import { createTestClock, scriptEventSource } from '../testing/index.ts'
import '../lazy.ts' // loaded before, so that no step waits for a file

afterEach(() => vi.unstubAllGlobals())

const settled = () => new Promise((resolve) => setImmediate(resolve))

async function setUp(options: SseClientOptions = {}) {
  const { EventSource, sources } = scriptEventSource()
  const clock = createTestClock()
  const posts: unknown[] = []
  const { fetch, requests } = scriptFetch()
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    posts.push([init.method, JSON.parse(String(init.body))])
    return fetch(url, init)
  })
  const client = createSseClient('http://a.example/events', { EventSource, clock, polls: false, ...options })
  onTestFinished(() => client.close())
  const told: unknown[] = []
  client.on('tick', (data) => told.push(data))
  client.connect()
  await vi.waitUntil(() => sources.length === 1)
  const open = (id: string, at = 0) => {
    const stream = sources[at]!
    stream.open()
    stream.send('sse.open', `{"stream":"s${at + 1}","heartbeat":0,"resumed":true}`, id)
    return stream
  }
  /** What has become of it, once promises have settled. */
  const reached = (id: string) => {
    let outcome: unknown = 'waits'
    client.reached(id).then(
      () => {
        outcome = [...told]
      },
      (error) => {
        outcome = error.code
      },
    )
    return async () => {
      await settled()
      await settled()
      return outcome
    }
  }
  return { client, clock, open, sources, posts, requests, reached, told }
}

describe('reached', () => {
  it('resolves when the listeners were told everything up to a position', async () => {
    const { open, posts, reached } = await setUp()
    const stream = open('e-1')
    const outcome = reached('e-3')
    stream.send('tick', '2', 'e-2')
    expect(await outcome()).toBe('waits')
    stream.send('tick', '3', 'e-3')
    expect(await outcome()).toEqual([2, 3])
    expect(await reached('e-2')()).toEqual([2, 3])
    expect(posts).toEqual([])
  })

  it('asks the server where nothing arrives that passes it, and again on the next stream', async () => {
    const { clock, open, posts, reached, requests, sources } = await setUp()
    const stream = open('e-1')
    const outcome = reached('e-3')
    await settled()
    clock.advance(250)
    await vi.waitUntil(() => requests.length === 1)
    expect(posts).toEqual([['POST', { stream: 's1', reached: 'e-3' }]])
    requests[0]!.answer(200)
    await settled()
    stream.lose()
    clock.advance(1000)
    await vi.waitUntil(() => sources.length === 2)
    const next = open('e-1', 1)
    await settled()
    clock.advance(250)
    await vi.waitUntil(() => requests.length === 2)
    next.send('sse.ping', '', 'e-4')
    expect(await outcome()).toEqual([])
  })

  it('resolves when a resync has passed it, and not before', async () => {
    const load = Promise.withResolvers<string>()
    const { open, reached } = await setUp({ resync: () => load.promise })
    const stream = open('e-1')
    stream.send('tick', '2', 'e-2')
    const [passed, later] = [reached('e-2'), reached('e-9')]
    expect(await passed()).toBe('waits')
    load.resolve('e-5')
    expect(await passed()).toEqual([])
    expect(await reached('e-4')()).toEqual([])
    expect(await later()).toBe('waits')
  })

  it('does not count a stored position, which the page has not been told', async () => {
    const storage = { getItem: () => 'e-5', setItem() {} }
    const { open, reached } = await setUp({ persist: storage })
    const outcome = reached('e-4')
    expect(await outcome()).toBe('waits')
    open('e-5')
    expect(await outcome()).toEqual([])
  })

  it.each([
    ['when the client closes', 'closed', 'e-3', 'close'],
    ['for a position of another log', 'forked', 'f-1', ''],
    ['for another branch of the log', 'forked', 'e-1-x', ''],
    ['for a text that is not a position', 'invalid-use', 'yesterday', ''],
  ])('rejects %s', async (_, code, id, then) => {
    const { client, open, reached, clock } = await setUp()
    open('e-1')
    const outcome = reached(id)
    if (then) {
      expect(await outcome()).toBe('waits')
      client.close()
    }
    await settled()
    clock.advance(250)
    expect(await outcome()).toBe(code)
    if (then) expect(await reached(id)()).toBe(code)
    expect(clock.timers).toEqual([])
  })

  it('waits for the position of another log until the client has left the old one', async () => {
    const { clock, open, reached, sources } = await setUp()
    const stream = open('e-1')
    stream.lose()
    const outcome = reached('f-1')
    expect(await outcome()).toBe('waits')
    clock.advance(1000)
    await vi.waitUntil(() => sources.length === 2)
    sources[1]!.open()
    sources[1]!.send('sse.open', '{"stream":"s2","resumed":false}', 'e-1')
    sources[1]!.send('sse.gap', '{"reason":"forked"}', 'f-0')
    sources[1]!.send('sse.ping', '', 'f-1')
    expect(await outcome()).toEqual([])
  })
})
