import { type SseServerOptions, startBufferingProxy, startSseServer } from '@sse/testbed/sse-server'
import { EventSource } from 'eventsource'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { connections, setUp, setUpOpen, take } from '../../test/client.ts'
import { createSseClient, type SseClient, type SseClientOptions, type SseRecords } from '../index.ts'
import { createTestClock } from '../testing/index.ts'

const serverOptions: SseServerOptions = {
  hub: { channel: (name) => ({ records: name.includes('prices'), presence: name.includes('room') }) },
  channels: [],
  sse: {
    key: (req) => String(new URL(req.url, 'http://a').searchParams.get('key')),
    presence: (req) => ({ name: new URL(req.url, 'http://a').searchParams.get('key') }),
  },
}

/** What a page shows of the records of a channel. */
function shown(client: SseClient, channel: string) {
  const page = { records: [] as string[], stale: true, ended: undefined as string | undefined, calls: 0 }
  client.onRecords(channel, ({ records, stale, ended }: SseRecords<number>) => {
    Object.assign(page, { records: [...records].map((one) => one.join(' ')).sort(), stale, ended })
    page.calls++
  })
  return page
}

async function start(options: SseClientOptions = {}, more: SseServerOptions = {}) {
  const server = await startSseServer({ ...serverOptions, ...more })
  const open = (own: SseClientOptions = {}, path = '') => {
    const client = createSseClient(server.url + path, { ...options, ...own })
    onTestFinished(() => client.close())
    return client
  }
  const set = (record: string, price: number, channel: string | string[] = 'topic:prices') =>
    server.hub.publish(channel, price, { event: 'price', record })
  return { server, open, set }
}

describe.each([
  ...connections.map(({ name, EventSource }) => ({ name, options: { EventSource } })),
  { name: 'polls', options: undefined },
])('over $name', ({ options }) => {
  /** A client on a real server; over polls, behind a proxy that buffers streams. */
  async function connected(own: SseClientOptions = {}, path = '', more: SseServerOptions = {}) {
    const { server, open, set } = await start(options, more)
    if (options)
      return { server, open: (more = {}) => open({ ...own, ...more }, path), set, clock: undefined }
    const proxy = await startBufferingProxy(server)
    const clock = createTestClock()
    const openPolls = (more: SseClientOptions = {}) => {
      const steady = { watchdog: false, polls: { retry: 1_000_000_000 }, clock } as const
      const client = createSseClient(proxy.url + path, { ...own, ...more, ...steady })
      onTestFinished(() => client.close())
      return client
    }
    return { server, open: openPolls, set, clock }
  }

  async function connect(client: SseClient, { clock, server }: Awaited<ReturnType<typeof connected>>) {
    // An EventSource shows only the names that somebody listens for.
    client.on('price', () => {})
    client.connect()
    if (!clock) return
    await vi.waitFor(() => expect(server.requests).toHaveLength(1))
    clock.advance(10_000)
    await vi.waitFor(() => expect(client.state.status).toBe('open'))
  }

  it('records are those of the server: at first, as they change, and after their channel has ended', async () => {
    const site = await connected({ channels: ['topic:prices'] })
    const { server, open, set } = site
    await set('a', 1)
    await set('b', 1)
    await set('a', 2)
    const client = open()
    const page = shown(client, 'topic:prices')
    await connect(client, site)
    await vi.waitFor(() => expect(page).toMatchObject({ records: ['a 2', 'b 1'], stale: false }))
    await set('c', 1)
    await server.hub.remove('topic:prices', 'b')
    await vi.waitFor(() => expect(page.records).toEqual(['a 2', 'c 1']))
    const ended = take(client, 'sse.end', 1)
    await server.hub.end('topic:prices', { reason: 'closed' })
    await vi.waitFor(() => expect(page).toMatchObject({ records: [], ended: 'closed' }))
    expect(await ended).toEqual([{ channel: 'topic:prices', reason: 'closed' }])
  })

  it('records of a channel that was left before the connection was open, and joined again later, are right', async () => {
    const { server, open, set, clock } = await connected({ channels: ['topic:prices'] }, '', {
      channels: ['news'],
    })
    await set('a', 1)
    const client = open()
    const page = shown(client, 'topic:prices')
    client.on('price', () => {})
    client.connect()
    await vi.waitFor(() => expect(server.requests).toHaveLength(1))
    client.unsubscribe('topic:prices')
    clock?.advance(10_000)
    // Polls tell the channels only to a client that asks for some.
    const channels = () => (clock ? server.requests.at(-1)?.url : String(client.channels.channels))
    await vi.waitFor(() => expect(client.state.status).toBe('open'))
    await vi.waitFor(() => expect(channels()).not.toContain('prices'))
    await set('a', 2)
    const passed = take(client, 'note', 1)
    await server.hub.publish('news', 'newer', { event: 'note' })
    await passed
    client.subscribe('topic:prices')
    await vi.waitFor(() => expect(page).toMatchObject({ records: ['a 2'], stale: false }))
  })

  it('members are told when they join and leave', async () => {
    const site = await connected({ channels: ['topic:room'] }, '?key=mina')
    const { server, open, clock } = site
    const client = open()
    const lists: unknown[] = []
    client.onPresence('topic:room', ({ members, count }) =>
      lists.push([count, members?.map(({ info }) => (info as { name: string }).name)]),
    )
    await connect(client, site)
    await vi.waitFor(() => expect(lists.at(-1)).toEqual([1, ['mina']]))
    const other = createSseClient(`${server.url}?key=joon`, { channels: ['topic:room'] })
    onTestFinished(() => other.close())
    other.connect()
    await vi.waitFor(async () => {
      // A list alone does not end a poll, and a poll may be followed by a pause.
      if (clock) await server.hub.publish('topic:room', 'an event')
      clock?.advance(5000)
      expect(lists.at(-1)).toEqual([2, expect.arrayContaining(['mina', 'joon'])])
    })
  })
})

describe('records', () => {
  it('that are asked for on an open stream come with a new connection, once', async () => {
    const { server, open, set } = await start({ channels: ['topic:prices', 'topic:prices:2'] })
    await set('a', 1, ['topic:prices', 'topic:prices:2'])
    const client = open()
    const opened = take(client, 'sse.open', 1)
    client.connect()
    await opened
    const page = shown(client, 'topic:prices')
    await vi.waitFor(() => expect(page.records).toEqual(['a 1']))
    const other = shown(client, 'topic:prices:2')
    await vi.waitFor(() => expect(other.records).toEqual(['a 1']))
    expect(server.requests.map(({ url }) => new URL(url, server.url).searchParams.get('records'))).toEqual([
      null,
      '*',
    ])
  })

  it('of a channel that is joined later come with it, and those of one that is left are gone', async () => {
    const { server, open, set } = await start()
    await set('a', 1)
    const client = open()
    const page = shown(client, 'topic:prices')
    client.subscribe('topic:none')
    client.connect()
    await vi.waitFor(() => expect(client.channels.channels).toEqual(['topic:none']))
    client.subscribe('topic:prices')
    await vi.waitFor(() => expect(page).toMatchObject({ records: ['a 1'], stale: false }))
    client.unsubscribe('topic:prices')
    await vi.waitFor(() => expect(page).toMatchObject({ records: [], stale: true }))
    await set('a', 2)
    client.subscribe('topic:prices')
    await vi.waitFor(() => expect(page).toMatchObject({ records: ['a 2'], stale: false }))
    expect(server.requests.filter(({ method }) => method === 'GET')).toHaveLength(1)
  })

  it('of a channel that was left and joined again without a stream in between are right', async () => {
    const { open, set } = await start({ channels: ['topic:prices'] })
    await set('a', 1)
    const client = open()
    const page = shown(client, 'topic:prices')
    client.connect()
    await vi.waitFor(() => expect(page.records).toEqual(['a 1']))
    client.close()
    client.unsubscribe('topic:prices')
    const opened = take(client, 'sse.open', 1)
    client.connect()
    await opened
    await set('a', 2)
    client.subscribe('topic:prices')
    client.reconnect()
    await vi.waitFor(() => expect(page).toMatchObject({ records: ['a 2'], stale: false }))
  })

  it('are given to a page that has a stored cursor and nothing to show, and only their changes to one that has them', async () => {
    const { server, open, set } = await start({ channels: ['topic:prices'] })
    await set('a', 1)
    const storage = new Map<string, string>()
    const persist = {
      storage: {
        getItem: (key: string) => storage.get(key) ?? null,
        setItem: (key: string, value: string) => void storage.set(key, value),
      },
    }
    const first = open({ persist })
    const before = shown(first, 'topic:prices')
    first.connect()
    await vi.waitFor(() => expect(before.records).toEqual(['a 1']))
    const resumed = take(first, 'sse.open', 1)
    first.reconnect()
    await resumed
    expect(server.requests.at(-1)!.url).toMatch(/records=&/)
    first.close()
    const client = open({ persist })
    const page = shown(client, 'topic:prices')
    client.connect()
    await vi.waitFor(() => expect(page).toMatchObject({ records: ['a 1'], stale: false }))
    expect(client.resumedFrom).toBe('stored')
  })

  it('are replaced after a gap, and when the app gives a position', async () => {
    const { server, open, set } = await start({ channels: ['topic:prices'] })
    await set('old', 1)
    const client = open()
    const page = shown(client, 'topic:prices')
    client.connect()
    await vi.waitFor(() => expect(page.records).toEqual(['old 1']))
    const { port } = server
    await server.stop()
    const next = await startSseServer({ ...serverOptions, port })
    await next.hub.publish('topic:prices', 2, { event: 'price', record: 'new' })
    client.reconnect()
    await vi.waitFor(() => expect(page).toMatchObject({ records: ['new 2'], stale: false }))

    client.close()
    const { id } = await next.hub.publish('topic:prices', 3, { event: 'price', record: 'new' })
    client.connect({ lastEventId: id })
    await vi.waitFor(() => expect(page.records).toEqual(['new 3']))
  })

  it('of a snapshot that is broken off replace nothing', async () => {
    const { client, server } = await setUp({ channels: ['p'] })
    const page = shown(client, 'p')
    client.connect()
    const stream = await server.next()
    expect(stream.url.searchParams.get('records')).toBe('*')
    const send = (to: typeof stream, text: string) => to.write(text)
    stream.open(
      'event: sse.open\ndata: {"resumed":null}\n\nevent: sse.records\ndata: {"channels":["p"]}\n\n' +
        'event: sse.record\ndata: {"channels":["p"],"record":"a"}\n\ndata: 1\n\n' +
        'event: sse.records\nid: 1\ndata: {"channels":["p"],"done":true}\n\n',
    )
    await vi.waitFor(() => expect(page.records).toEqual(['a 1']))
    send(
      stream,
      'event: sse.gap\ndata: {}\n\nevent: sse.records\ndata: {"channels":["p"]}\n\n' +
        'event: sse.record\ndata: {"channels":["p"],"record":"b"}\n\ndata: 1\n\n',
    )
    await vi.waitFor(() => expect(page.stale).toBe(true))
    client.reconnect()
    const again = await server.next()
    expect(again.headers['last-event-id']).toBe('1')
    expect(again.url.searchParams.get('records')).toBe('*')
    again.open(
      'event: sse.open\ndata: {"resumed":true}\n\n' +
        'event: sse.records\nid: 2\ndata: {"channels":["p"],"done":true}\n\n',
    )
    await vi.waitFor(() => expect(client.lastEventId).toBe('2'))
    expect(page).toMatchObject({ records: ['a 1'], stale: true })
  })

  it('are checked by the schema of their event, also one that takes its time, and keep their order', async () => {
    const validate = async (value: unknown) => {
      await null
      return Number(value) < 10 ? { value } : { issues: [{ message: 'too much' }] }
    }
    const price = { '~standard': { version: 1, vendor: 'test', validate } } as const
    const { server, open, set } = await start({ channels: ['topic:prices'] })
    await set('a', 1)
    const client = open({ events: { price } } as SseClientOptions)
    const invalid = take(client, 'sse.invalid', 1)
    const page = shown(client, 'topic:prices')
    client.connect()
    await set('b', 10)
    await set('c', 3)
    await server.hub.remove('topic:prices', 'c')
    await set('a', 2)
    await invalid
    await vi.waitFor(() => expect(page.records).toEqual(['a 2']))
  })

  it('are told to listeners of their event too, and are unhandled only if nobody listens for either', async () => {
    const { open, set } = await start({ channels: ['topic:prices', 'topic:prices:2'] })
    const client = open()
    const unhandled = vi.fn()
    client.on('sse.unhandled', unhandled)
    const page = shown(client, 'topic:prices')
    client.connect()
    await vi.waitFor(() => expect(page.stale).toBe(false))
    await set('a', 1)
    await vi.waitFor(() => expect(page.records).toEqual(['a 1']))
    expect(unhandled).not.toHaveBeenCalled()
    await set('a', 1, 'topic:prices:2')
    await vi.waitFor(() => expect(unhandled).toHaveBeenCalledTimes(1))
    const heard = take(client, 'price', 1)
    await set('a', 2)
    expect(await heard).toEqual([2])
  })

  it('a listener that is removed is not called, also if it was while the code was loaded', async () => {
    const { open, set } = await start({ channels: ['topic:prices'] })
    await set('a', 1)
    const client = open()
    const listener = vi.fn()
    client.onRecords('topic:prices', listener)()
    const page = shown(client, 'topic:prices')
    client.connect()
    await vi.waitFor(() => expect(page.records).toEqual(['a 1']))
    expect(listener).not.toHaveBeenCalled()
  })

  it.each([
    '',
    'null',
    '[',
    '{"channels":7}',
    '{"channels":["p"],"done":1}',
    '{"channel":{},"members":[null]}',
  ])('of %j harm nobody', async (text) => {
    const { client, server } = await setUp()
    const page = shown(client, 'p')
    const heard = take(client, 'tick', 1)
    client.connect()
    const stream = await server.next()
    stream.open()
    const names = ['records', 'record', 'removed', 'presence', 'end']
    stream.write(
      `${names.map((name) => `event: sse.${name}\ndata: ${text}\n\n`).join('')}event: tick\ndata: 1\n\n`,
    )
    expect(await heard).toEqual([1])
    expect(page.records).toEqual([])
  })
})

describe('members', () => {
  it('that were told before anybody listens are known, and nothing is lost while the code is loaded', async () => {
    const { client, stream } = await setUpOpen()
    const heard = take(client, 'tick', 2)
    stream.write(
      'event: tick\ndata: 1\n\nevent: sse.presence\ndata: {"channel":"r","members":[{"id":"x","info":1,"streams":1}]}\n\n' +
        'event: tick\ndata: 2\n\nevent: sse.presence\ndata: {"channel":"r","joined":[{"id":"y","info":2,"streams":1}],"left":["x"]}\n\n',
    )
    expect(await heard).toEqual([1, 2])
    const told = vi.fn()
    client.onPresence('r', told)
    await vi.waitFor(() =>
      expect(told).toHaveBeenLastCalledWith(
        { channel: 'r', members: [{ id: 'y', info: 2, streams: 1 }], count: 1 },
        expect.anything(),
      ),
    )
    stream.write('event: sse.presence\ndata: {"channel":"r","count":1001}\n\n')
    await vi.waitFor(() =>
      expect(told.mock.lastCall?.[0]).toEqual({ channel: 'r', members: undefined, count: 1001 }),
    )
  })
})

it('a page over an EventSource sees the records of events without a name without more ado', async () => {
  const { server, open } = await start({ channels: ['topic:prices'], EventSource })
  await server.hub.publish('topic:prices', 1, { record: 'a' })
  const client = open()
  const page = shown(client, 'topic:prices')
  client.connect()
  await vi.waitFor(() => expect(page.records).toEqual(['a 1']))
})
