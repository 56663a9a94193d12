import { type SseServerOptions, startSseServer } from '@sse/testbed/sse-server'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createSseClient, type SseClient, type SseClientOptions } from '../index.ts'

/* Real clients on a real server. Node has Web Locks and BroadcastChannel; a location is what makes it a page. */

interface Tab extends SseClient {
  /** Every event, confirmation and gap, in order. */
  readonly told: unknown[]
}

async function site(options: SseServerOptions = {}) {
  const server = await startSseServer(options)
  vi.stubGlobal('location', new URL(server.url))
  function openTab({ cursor, ...rest }: SseClientOptions & { cursor?: string } = {}): Tab {
    const client = createSseClient(server.url, { share: true, lastEventId: cursor, ...rest })
    const told: unknown[] = []
    client.on('tick', (data) => told.push(data))
    for (const name of ['sse.channels', 'sse.gap'] as const) client.on(name, (data) => told.push(data))
    onTestFinished(() => client.close())
    client.connect()
    return Object.assign(client, { told })
  }
  const publish = (channels: string | string[], data: unknown) =>
    server.hub.publish(channels, data, { event: 'tick' })
  return { server, openTab, publish }
}

afterEach(() => vi.unstubAllGlobals())

const isOn = (tab: Tab, ...channels: string[]) =>
  vi.waitFor(() => expect(tab.channels.channels).toEqual(channels))

/** Everything published before has been told once this has. */
async function settled(tabs: Tab[], publish: (channels: string, data: unknown) => Promise<unknown>) {
  const end = `end ${Math.random()}`
  await publish('news', end)
  for (const tab of tabs) await vi.waitFor(() => expect(tab.told).toContain(end))
  return tabs.map(({ told }) => told.splice(0).filter((one) => one !== end))
}

describe('tabs that share a connection and ask for different channels', () => {
  test('are each told of their own, and of those that the app has put everybody on', async () => {
    const { server, openTab, publish } = await site()
    const a = openTab({ channels: ['topic:1', 'topic:both'] })
    await isOn(a, 'news', 'topic:1', 'topic:both')
    const b = openTab({ channels: ['topic:2', 'topic:both', 'secret'] })
    await vi.waitFor(() =>
      expect(b.channels).toEqual({ channels: ['news', 'topic:both', 'topic:2'], refused: ['secret'] }),
    )
    const none = openTab()
    await vi.waitUntil(() => none.state.status === 'open')
    await settled([a, b, none], publish)
    await publish('topic:1', 'for a')
    await publish('topic:2', 'for b')
    await publish('topic:both', 'for both')
    await publish(['topic:1', 'topic:2'], 'for both too')
    await publish(['topic:1', 'news'], 'for all')
    await publish('secret', 'for nobody')
    expect(await settled([a, b, none], publish)).toEqual([
      ['for a', 'for both', 'for both too', 'for all'],
      ['for b', 'for both', 'for both too', 'for all'],
      ['for all'],
    ])
    expect(a.channels).toEqual({ channels: ['news', 'topic:1', 'topic:both'], refused: [] })
    expect(none.channels).toEqual({ channels: [], refused: [] })
    expect(server.hub.streams.size).toBe(1)
  })

  test('are told the verdict on what they asked for themselves, and of no other', async () => {
    const { openTab, publish } = await site()
    const a = openTab({ channels: ['topic:1'] })
    await isOn(a, 'news', 'topic:1')
    const b = openTab()
    await vi.waitUntil(() => b.state.status === 'open')
    await settled([a, b], publish)
    b.subscribe(['secret', 'topic:2'])
    await isOn(b, 'news', 'topic:2')
    b.unsubscribe('topic:2')
    await isOn(b, 'news')
    const [toA, toB] = await settled([a, b], publish)
    expect(toA).toEqual([])
    expect(toB).toEqual([
      { channels: ['news', 'topic:2'], refused: ['secret'] },
      { channels: ['news'], refused: ['secret'] },
    ])
  })

  test('keep a channel that another leaves, and do not get it back by the other', async () => {
    const { server, openTab, publish } = await site()
    const a = openTab({ channels: ['topic:1'] })
    await isOn(a, 'news', 'topic:1')
    const b = openTab({ channels: ['topic:1'] })
    await isOn(b, 'news', 'topic:1')
    await settled([a, b], publish)
    a.unsubscribe('topic:1')
    await publish('topic:1', 1)
    await isOn(a, 'news')
    await publish('topic:1', 2)
    expect(await settled([a, b], publish)).toEqual([[{ channels: ['news'], refused: [] }], [1, 2]])
    b.unsubscribe('topic:1')
    await vi.waitFor(() => {
      const [stream] = [...server.hub.streams]
      expect([...(stream?.channels ?? [])]).toEqual(['news'])
    })
    a.subscribe('topic:1')
    await isOn(a, 'news', 'topic:1')
    await publish('topic:1', 3)
    const [toA, toB] = await settled([a, b], publish)
    expect(toA?.at(-1)).toBe(3)
    expect(toB).toEqual([{ channels: ['news'], refused: [] }])
  })

  test('keep the channels that the app has put everybody on when one leaves them', async () => {
    const { openTab, publish } = await site()
    const a = openTab({ channels: ['news'] })
    const b = openTab()
    for (const tab of [a, b]) await vi.waitUntil(() => tab.state.status === 'open')
    await settled([a, b], publish)
    a.unsubscribe('news')
    await settled([a, b], publish)
  })

  test('are told the same of channels left and joined again at once', async () => {
    const { openTab, publish } = await site()
    const a = openTab({ channels: ['topic:1'] })
    await isOn(a, 'news', 'topic:1')
    for (let n = 0; n < 20; n++) {
      a.unsubscribe('topic:1')
      if (n % 2) await Promise.resolve()
      a.subscribe('topic:1')
    }
    await isOn(a, 'news', 'topic:1')
    await vi.waitFor(async () => {
      await publish('topic:1', 'there')
      expect(a.told).toContain('there')
    })
    expect(a.channels).toEqual({ channels: ['news', 'topic:1'], refused: [] })
  })

  test('may ask for more together than a stream may have: some are refused, and the stream goes on', async () => {
    const { server, openTab } = await site()
    const many = (tab: number) => Array.from({ length: 40 }, (_, index) => `topic:${tab}-${index}`)
    const a = openTab({ channels: many(1) })
    await isOn(a, 'news', ...many(1))
    const b = openTab({ channels: many(2) })
    await isOn(b, 'news', ...many(2).slice(0, 23))
    expect(b.channels.refused).toEqual(many(2).slice(23))
    expect(a.state.status).toBe('open')
    a.reconnect()
    await vi.waitUntil(() => server.requests.filter(({ method }) => method === 'GET').length === 2)
    await vi.waitUntil(() => a.state.status === 'open')
    expect(server.hub.streams.size).toBe(1)
  })
})

describe('a tab that joins from the position of a snapshot', () => {
  test('which lies on a channel that nobody follows: is told what comes after it', async () => {
    const { server, openTab, publish } = await site()
    const a = openTab({ channels: ['topic:1'] })
    await isOn(a, 'news', 'topic:1')
    await publish('topic:2', 'in the snapshot')
    await publish('elsewhere', 'nobody follows this')
    const cursor = server.hub.position
    await publish('topic:2', 'after it')
    await publish('elsewhere', 'nor this')
    const b = openTab({ channels: ['topic:2'], cursor })
    const opened: unknown[] = []
    b.on('sse.open', ({ resumed }) => opened.push(resumed))
    await vi.waitFor(() => expect(b.told).toContain('after it'))
    await publish('elsewhere', 'nor this')
    await publish('topic:2', 'later')
    await publish('topic:1', 'not for b')
    await vi.waitFor(() => expect(b.told).toContain('later'))
    await vi.waitUntil(() => server.hub.streams.size === 1)
    const [toA, toB] = await settled([a, b], publish)
    expect(toB).toEqual([{ channels: ['news', 'topic:2'], refused: [] }, 'after it', 'later'])
    expect(toA).toEqual([{ channels: ['news', 'topic:1'], refused: [] }, 'not for b'])
    expect(opened).toEqual([true])
  })

  test('that the log no longer has: is told so by the server, as without sharing', async () => {
    const { openTab, server, publish } = await site({ hub: { window: { entries: 2 } } })
    const cursor = server.hub.position
    for (let n = 0; n < 5; n++) await publish('news', n)
    const a = openTab()
    await vi.waitUntil(() => a.state.status === 'open')
    const b = openTab({ cursor })
    await vi.waitFor(() => expect(b.told).toContain(4))
    expect(b.told).toEqual([{ reason: 'trimmed', requested: cursor }, 3, 4])
    expect(a.told).toEqual([])
  })
})
