import { startSseServer } from '@sse/testbed/sse-server'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { createSse, useSseList } from '../src/index.ts'

interface Item {
  readonly id: number
  readonly topic: string
}

beforeEach(() => vi.stubGlobal('window', globalThis))
afterEach(() => vi.unstubAllGlobals())

/** A server, and a page that is to connect to it. */
async function startPage() {
  const server = await startSseServer()
  await server.hub.ready
  const sse = createSse<{ added: Item }>({ url: server.url })
  const scope = effectScope()
  onTestFinished(() => {
    scope.stop()
    sse.disconnect()
  })
  return { server, sse, scope }
}

it('lists stay right against a real server: channels that change, loads that fail, reconnects and a short log', async () => {
  // A log of five events: many reconnects are gaps.
  const server = await startSseServer({ hub: { window: { entries: 5 } } })
  await server.hub.ready
  const topics = ['a', 'b'] as const
  const stored = new Map<string, Item[]>(topics.map((topic) => [topic, []]))
  let number = 0

  async function write(topic: string): Promise<string> {
    const item = { id: ++number, topic }
    // The list is written before the event is published: else a position could be ahead of its list.
    stored.get(topic)!.push(item)
    const { id } = await server.hub.publish(`topic:${topic}`, item, { event: 'added' })
    return id
  }

  let loads = 0
  /** As a route reads it: first the position, then the list, which takes its time. */
  async function load(topic: string) {
    const position = server.hub.position
    const items = [...stored.get(topic)!]
    await new Promise((resolve) => setTimeout(resolve, 2))
    if (loads++ % 4 === 1) throw new Error('503')
    return { items, position }
  }

  const sse = createSse<{ added: Item }>({
    ...{ url: server.url, backoff: { base: 1, max: 10 }, onError() {} },
  })
  const topic = ref<string>('a')
  const scope = effectScope()
  onTestFinished(() => {
    scope.stop()
    sse.disconnect()
  })
  const listOf = (name: () => string) =>
    useSseList<Item, { added: Item }>({
      key: 'id',
      channel: () => `topic:${name()}`,
      filter: (item: Item) => item.topic === name(),
      load: () => load(name()),
      events: { added: 'put' },
      stream: sse,
    })
  const [moving, fixed] = scope.run(() => [listOf(() => topic.value), listOf(() => 'b')] as const)!
  sse.connect()

  let newest = ''
  for (let round = 0; round < 120; round++) {
    newest = await write(topics[round % 2]!)
    if (round % 20 === 9) {
      await vi.waitUntil(() => sse.status === 'open')
      topic.value = topic.value === 'a' ? 'b' : 'a'
      await nextTick()
    }
    if (round % 30 === 14) sse.reconnect()
    if (round % 50 === 44) {
      sse.disconnect()
      sse.connect()
    }
    for (const { items } of [moving, fixed]) {
      const ids = items.value.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
    }
  }
  await vi.waitUntil(() => !moving.stale.value && !fixed.stale.value, { timeout: 30_000 })
  await sse.reached(newest)
  expect([moving.items.value, fixed.items.value]).toEqual([stored.get(topic.value), stored.get('b')])
  // An open stream changes its channels without a reconnect.
  expect(server.requests.filter(({ method }) => method === 'POST').length).toBeGreaterThan(0)
})

it('what was written is in the list when `reached` resolves, on a channel that is followed and on another', async () => {
  const { server, sse, scope } = await startPage()
  const stored: Item[] = []
  const load = () => ({ position: server.hub.position, items: [...stored] })
  const { items } = scope.run(() =>
    useSseList<Item, { added: Item }>({ key: 'id', load, events: { added: 'put' }, stream: sse }),
  )!
  sse.connect()
  for (const id of [1, 2, 3]) {
    const item = { id, topic: 'news' }
    stored.push(item)
    const written = await server.hub.publish('news', item, { event: 'added' })
    await sse.reached(written.id)
    expect(items.value.map((item) => item.id)).toEqual(Array.from({ length: id }, (_, index) => index + 1))
  }
  const elsewhere = await server.hub.publish('topic:other', 1)
  await sse.reached(elsewhere.id)
})

it('a list that is shown on an open stream goes on from what it has loaded, on the same stream', async () => {
  const { server, sse, scope } = await startPage()
  sse.connect()
  await vi.waitUntil(() => sse.status === 'open')
  await sse.reached((await server.hub.publish('news', { id: 1, topic: 'news' }, { event: 'added' })).id)
  const loaded = Promise.withResolvers<void>()
  const position = server.hub.position
  const { items } = scope.run(() =>
    useSseList<Item, { added: Item }>({
      key: 'id',
      async load() {
        await loaded.promise
        return { position, items: [{ id: 1, topic: 'news' }] }
      },
      events: { added: 'put' },
      stream: sse,
    }),
  )!
  const during = await server.hub.publish('news', { id: 2, topic: 'news' }, { event: 'added' })
  // The event waits for the load.
  const reached = sse.reached(during.id)
  loaded.resolve()
  await reached
  expect(items.value.map(({ id }) => id)).toEqual([1, 2])
  await sse.reached((await server.hub.publish('topic:other', 1)).id)
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])
})
