import { type SseServerOptions, startSseServer } from '@sse/testbed/sse-server'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createSseClient, type SseClientOptions, type SsePresence } from '../index.ts'

/* Real clients on a real server. Node has Web Locks and BroadcastChannel; a location is what makes it a page. */

const nameIn = (url: string) => new URL(url, 'http://a').searchParams.get('key') ?? undefined

async function site(options: SseServerOptions = {}) {
  const server = await startSseServer({
    hub: { channel: (name) => ({ records: name.includes('prices'), presence: name.includes('room') }) },
    sse: { key: (req) => nameIn(req.url), presence: (req) => nameIn(req.url) },
    ...options,
  })
  vi.stubGlobal('location', new URL(server.url))
  function openTab(channels: readonly string[], { watch = channels, ...rest }: TabOptions = {}) {
    const client = createSseClient(`${server.url}?key=mina`, { share: true, channels, ...rest })
    const records: Record<string, readonly string[]> = {}
    const members: Record<string, unknown> = {}
    /** Everything that it was told, for what nobody asked for. */
    const told: string[] = []
    for (const name of ['sse.records', 'sse.removed', 'sse.presence', 'sse.end', 'price'])
      client.on(name, (data) => told.push(`${name} ${JSON.stringify(data)}`))
    const follow = (channel: string) => {
      client.onRecords(channel, ({ records: all, stale }) => {
        if (!stale) records[channel] = [...all].map((one) => one.join(' ')).sort()
      })
      client.onPresence(channel, ({ members: all }: SsePresence) => {
        members[channel] = all?.map(({ info }) => info).sort()
      })
    }
    for (const channel of watch) follow(channel)
    onTestFinished(() => client.close())
    client.connect()
    return { client, records, members, told, follow }
  }
  const set = (record: string, price: number, channel: string | string[] = 'topic:prices') =>
    server.hub.publish(channel, price, { event: 'price', record })
  return { server, openTab, set }
}

interface TabOptions extends SseClientOptions {
  readonly watch?: readonly string[]
}

afterEach(() => vi.unstubAllGlobals())

describe('tabs that share a connection', () => {
  test('are each given the records of their channels when they join, and their changes', async () => {
    const { server, openTab, set } = await site()
    await set('a', 1)
    await set('x', 1, 'topic:prices:2')
    const first = openTab(['topic:prices'])
    await vi.waitFor(() => expect(first.records).toEqual({ 'topic:prices': ['a 1'] }))
    const second = openTab(['topic:prices'])
    const third = openTab(['topic:prices:2'])
    await vi.waitFor(() => expect(second.records).toEqual({ 'topic:prices': ['a 1'] }))
    await vi.waitFor(() => expect(third.records).toEqual({ 'topic:prices:2': ['x 1'] }))
    await set('b', 1, ['topic:prices', 'topic:prices:2'])
    await set('a', 2)
    await server.hub.remove('topic:prices', 'b')
    for (const { records } of [first, second])
      await vi.waitFor(() => expect(records).toEqual({ 'topic:prices': ['a 2'] }))
    await vi.waitFor(() => expect(third.records).toEqual({ 'topic:prices:2': ['b 1', 'x 1'] }))
    expect(server.hub.streams.size).toBe(1)
    expect(third.told.filter((one) => /"topic:prices"|price 2/.test(one))).toEqual([])

    await server.hub.end('topic:prices:2')
    await vi.waitFor(() => expect(third.records).toEqual({ 'topic:prices:2': [] }))
    expect(first.told.join()).not.toContain('topic:prices:2')
  })

  test('are given the records of a channel that one of them joins or asks for later, and those of the app', async () => {
    const { openTab, set } = await site({ channels: ['prices'] })
    await set('own', 1, 'prices')
    await set('a', 1)
    const first = openTab([], { watch: ['prices'] })
    await vi.waitFor(() => expect(first.records).toEqual({ prices: ['own 1'] }))
    const second = openTab(['topic:none'], { watch: [] })
    await vi.waitFor(() => expect(second.client.channels.channels).toContain('topic:none'))
    for (const { client } of [first, second]) client.subscribe('topic:prices')
    for (const { follow } of [first, second]) for (const name of ['topic:prices', 'prices']) follow(name)
    for (const { records } of [first, second])
      await vi.waitFor(() => expect(records).toEqual({ prices: ['own 1'], 'topic:prices': ['a 1'] }))
    second.client.unsubscribe('topic:prices')
    await vi.waitFor(() => expect(second.client.channels.channels).not.toContain('topic:prices'))
    await set('a', 2)
    second.client.subscribe('topic:prices')
    await vi.waitFor(() => expect(second.records['topic:prices']).toEqual(['a 2']))
  })

  test('keep their records right when the tab that leads is gone, and after a gap', async () => {
    const { server, openTab, set } = await site()
    await set('a', 1)
    const first = openTab(['topic:prices'])
    await vi.waitFor(() => expect(first.records).toEqual({ 'topic:prices': ['a 1'] }))
    const others = [openTab(['topic:prices']), openTab(['topic:prices'])]
    for (const { records } of others)
      await vi.waitFor(() => expect(records).toEqual({ 'topic:prices': ['a 1'] }))
    first.client.close()
    await set('a', 2)
    await set('b', 1)
    for (const { records } of others)
      await vi.waitFor(() => expect(records).toEqual({ 'topic:prices': ['a 2', 'b 1'] }))

    const { port } = server
    await server.stop()
    const next = await startSseServer({
      port,
      hub: { channel: () => ({ records: true }) },
    })
    await next.hub.publish('topic:prices', 1, { event: 'price', record: 'new' })
    others[0]!.client.reconnect()
    for (const { records } of others)
      await vi.waitFor(() => expect(records).toEqual({ 'topic:prices': ['new 1'] }), 10_000)
  })

  test('are told the members of their channels', async () => {
    const { server, openTab } = await site()
    const first = openTab(['topic:room'])
    await vi.waitFor(() => expect(first.members).toEqual({ 'topic:room': ['mina'] }))
    const second = openTab(['topic:room'])
    const third = openTab(['topic:none'])
    await vi.waitFor(() => expect(second.members).toEqual({ 'topic:room': ['mina'] }))
    const joon = createSseClient(`${server.url}?key=joon`, { channels: ['topic:room'] })
    onTestFinished(() => joon.close())
    joon.connect()
    for (const { members } of [first, second])
      await vi.waitFor(() => expect(members).toEqual({ 'topic:room': ['joon', 'mina'] }))
    expect(third.told).toEqual([])
  })
})
