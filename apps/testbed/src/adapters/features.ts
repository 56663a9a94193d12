import { createHub, createMemoryLog, type Hub } from '@sse/core'
import type { TestStream } from '@sse/core/testing'
import { describe, expect, it } from 'vitest'
import { until } from '../until.ts'
import type { Adapter } from './adapter.ts'
import { type Served, serve } from './serving.ts'

/** What channels can do beyond events in a log. */
export function featureTests(adapter: Adapter): void {
  recordTests(adapter)
  presenceTests(adapter)
  volatileTests(adapter)
  rewindTests(adapter)
  endTests(adapter)
}

/** The records of a snapshot: `replaced` are the channels that it names. */
async function snapshotOf(stream: TestStream) {
  const { channels: replaced } = JSON.parse((await stream.next('sse.records')).data)
  const events: (string | undefined)[] = []
  for (;;) {
    const item = await stream.next()
    if (item.event === 'sse.records') return { replaced, events, id: item.id }
    events.push(item.event === 'sse.record' ? JSON.parse(item.data).record : item.data)
  }
}

async function pollOf({ ask }: Served, path: string) {
  const response = await ask(path)
  expect(response.status).toBe(200)
  return JSON.parse(await response.text())
}

function recordTests(adapter: Adapter): void {
  describe('records', () => {
    async function setUp() {
      const hub = createHub({ channel: (name) => ({ records: name.startsWith('prices') }) })
      const served = await serve(adapter, {
        hub,
        authorize: () => true,
        routes: {
          '/prices': (stream) => void stream.subscribe('prices'),
          '/news': (stream) => void stream.subscribe('news'),
        },
      })
      for (const [record, price] of [
        ['AAPL', 1],
        ['MSFT', 2],
        ['AAPL', 3],
      ] as const)
        await hub.publish('prices', price, { record })
      return { ...served, hub, head: hub.position }
    }

    it('are given to a client without a cursor, before it gets any position', async () => {
      const { open, head } = await setUp()
      using stream = await open('/prices')
      expect((await stream.next('sse.open')).id).toBeFalsy()
      expect(await snapshotOf(stream)).toEqual({ replaced: ['prices'], events: ['2', '3'], id: head })
    })

    it('are given for channels that a client asks for in the query, or posts', async () => {
      const { open, post } = await setUp()
      using asked = await open('/news?channels=prices')
      expect(await snapshotOf(asked)).toMatchObject({ replaced: ['prices'], events: ['2', '3'] })
      using stream = await open('/news')
      const { stream: id } = JSON.parse((await stream.next('sse.open')).data)
      const response = await post({ stream: id, subscribe: ['prices'] }, {}, '/news')
      expect(response.status).toBe(200)
      expect(await snapshotOf(stream)).toMatchObject({ replaced: ['prices'], events: ['2', '3'] })
    })

    it('are not given to a client that has a cursor', async () => {
      const { open, hub, head } = await setUp()
      using stream = await open('/prices', { lastEventId: head })
      await stream.next('sse.open')
      await hub.publish('prices', 4, { record: 'AAPL' })
      expect(await stream.next()).toMatchObject({ data: '4' })
    })

    it.each([
      ['the query', '?records=prices', {}],
      ['the query, for all', '?records=*', {}],
      ['the query, encoded', '?records[]=x&records[]=price%73', {}],
      ['the header', '', { 'Sse-Records': 'x, prices' }],
      ['more names than a stream has channels', `?records=${'x,'.repeat(64)}`, {}],
    ])(
      'are given to a client that has a cursor and says that it lacks them, by %s',
      async (_, query, headers) => {
        const { open, hub, head } = await setUp()
        using stream = await open(`/prices${query}`, { lastEventId: head, headers })
        expect(await snapshotOf(stream)).toMatchObject({
          replaced: ['prices'],
          events: ['MSFT', '2', 'AAPL', '3'],
        })
        await hub.publish('prices', 4, { record: 'AAPL' })
        expect(JSON.parse((await stream.next('sse.record')).data)).toMatchObject({
          channels: ['prices'],
          record: 'AAPL',
        })
        expect(await stream.next()).toMatchObject({ data: '4' })
      },
    )

    it('have names for a client that asks for these and lacks none', async () => {
      const { open, hub, head } = await setUp()
      using stream = await open('/prices?records=', { lastEventId: head })
      await stream.next('sse.open')
      await hub.remove('prices', 'AAPL')
      expect(JSON.parse((await stream.next('sse.removed')).data)).toEqual({
        channel: 'prices',
        record: 'AAPL',
      })
      await hub.publish('prices', 4, { record: 'AAPL' })
      expect((await stream.next('sse.record')).data).toContain('AAPL')
    })

    it('come whole with the first poll, and the next one continues from there', async () => {
      const served = await setUp()
      const body = await pollOf(served, '/prices?records=')
      expect(body.cursor).toBe(served.head)
      expect(body.events.map(({ event, data }: { event: string; data: string }) => [event, data])).toEqual([
        ['sse.records', '{"channels":["prices"]}'],
        ['sse.record', '{"channels":["prices"],"record":"MSFT"}'],
        ['message', '2'],
        ['sse.record', '{"channels":["prices"],"record":"AAPL"}'],
        ['message', '3'],
        ['sse.records', '{"channels":["prices"],"done":true}'],
      ])
      const { id } = await served.hub.publish('prices', 4, { record: 'AAPL' })
      expect(await pollOf(served, `/prices?lastEventId=${body.cursor}`)).toMatchObject({
        events: [{ id, data: '4' }],
        cursor: id,
      })
    })

    it('are asked for by a parameter that is read: another one is refused', async () => {
      const { ask } = await setUp()
      const response = await ask('/prices?records[0]=prices')
      expect(response.status).toBe(400)
      expect(await response.text()).toContain('records=a,b')
    })
  })
}

interface Told {
  readonly channel: string
  readonly members?: readonly { readonly id: string; readonly info: unknown; readonly streams: number }[]
  readonly joined?: Told['members']
}

function presenceTests(adapter: Adapter): void {
  describe('presence', () => {
    async function setUp(log = createMemoryLog()) {
      const errors: unknown[] = []
      const hub = createHub({
        broker: log.connect(),
        channel: (name) => ({ presence: name.startsWith('room:') }),
        onError: (error) => errors.push(error),
      })
      const served = await serve(adapter, {
        hub,
        key: ({ header }) => header('X-User'),
        authorize: () => true,
        presence: (channel, { header }) => {
          const name = header('X-User')
          if (name === 'broken') throw new Error('no name')
          return name === 'hidden' ? undefined : { name, on: channel }
        },
        routes: { '/room': (stream) => void stream.subscribe(['room:1', 'news']) },
      })
      const enter = (user: string, query = '') =>
        served.open(`/room${query}`, { headers: { 'X-User': user } })
      return { ...served, hub, enter, errors }
    }

    async function told(stream: TestStream): Promise<Told> {
      return JSON.parse((await stream.next('sse.presence')).data)
    }

    it('is known in every process: a new member gets the list, and the others get the new member', async () => {
      const log = createMemoryLog()
      const [one, other] = [await setUp(log), await setUp(log)]
      using ada = await one.enter('ada')
      expect(await told(ada)).toMatchObject({
        channel: 'room:1',
        members: [{ info: { name: 'ada', on: 'room:1' } }],
      })
      await until(async () => (await other.hub.presence('room:1')).length === 1)
      using bob = await other.enter('bob')
      const list = await told(bob)
      expect(list.members?.map(({ info }) => info)).toEqual(
        expect.arrayContaining([
          { name: 'ada', on: 'room:1' },
          { name: 'bob', on: 'room:1' },
        ]),
      )
      expect(JSON.stringify(list.members?.map(({ id }) => id))).not.toMatch(/ada|bob/)
      let change: Told
      do change = await told(ada)
      while (!change.joined?.some(({ info }) => (info as { name: string }).name === 'bob'))
      await until(async () => (await one.hub.presence('room:1')).length === 2)
    })

    it('has no member for a client that is invisible, has no key, or whose callback throws', async () => {
      const { hub, open, enter, errors } = await setUp()
      await hub.ready
      using hidden = await enter('hidden', '?channels=room:2')
      using broken = await enter('broken', '?channels=room:2')
      using anonymous = await open('/room?channels=room:2')
      for (const stream of [hidden, broken, anonymous]) await stream.next('sse.presence')
      expect(await hub.presence('room:2')).toEqual([])
      expect(errors).toContainEqual(new Error('no name'))
    })
  })
}

function volatileTests(adapter: Adapter): void {
  it('volatile events go to live streams, have no id, and are not replayed', async () => {
    const hub = createHub()
    const { open } = await serve(adapter, {
      hub,
      routes: { '/events': (stream) => void stream.subscribe('news') },
    })
    await hub.ready
    const start = hub.position
    using stream = await open()
    await stream.next('sse.open')
    await hub.publish('news', 'here', { event: 'typing', volatile: true })
    expect(await stream.next('typing')).toMatchObject({ data: 'here', id: start })
    expect(hub.position).toBe(start)
    const { id } = await hub.publish('news', 'logged')
    expect(await stream.next()).toMatchObject({ data: 'logged', id })
    using late = await open('/events', { lastEventId: start })
    await late.next('sse.open')
    expect(await late.next()).toMatchObject({ data: 'logged' })
  })
}

function rewindTests(adapter: Adapter): void {
  describe('rewind', () => {
    async function setUp() {
      const hub = createHub()
      const served = await serve(adapter, {
        hub,
        routes: { '/events': (stream) => void stream.subscribe(['news', 'chat'], { rewind: 3 }) },
      })
      for (const data of ['n1', 'n2', 'n3']) await hub.publish('news', data)
      await hub.publish('other', 'o')
      await hub.publish('chat', 'c1')
      return { ...served, hub }
    }

    it('gives a client without a cursor the newest events of its channels, oldest first', async () => {
      const { open, hub } = await setUp()
      using stream = await open()
      expect(JSON.parse((await stream.next('sse.open')).data)).toMatchObject({ resumed: null })
      const events = await stream.take(3)
      expect(events.map(({ data }) => data)).toEqual(['n2', 'n3', 'c1'])
      using resumed = await open('/events', { lastEventId: events[1]!.id })
      await resumed.next('sse.open')
      expect((await resumed.next()).data).toBe('c1')
      expect(hub.stats().gaps).toBe(0)
    })

    it('gives them to a poll', async () => {
      const served = await setUp()
      const { events, cursor } = await pollOf(served, '/events')
      expect(events.map(({ data }: { data: string }) => data)).toEqual(['n2', 'n3', 'c1'])
      expect(cursor).toBe(served.hub.position)
      expect((await pollOf(served, `/events?lastEventId=${cursor}`)).events).toEqual([])
    })
  })
}

function endTests(adapter: Adapter): void {
  describe('channels that end', () => {
    async function setUp() {
      const hub: Hub = createHub()
      const served = await serve(adapter, {
        hub,
        routes: {
          '/job': (stream) => void stream.subscribe('job'),
          '/both': (stream) => void stream.subscribe(['job', 'news']),
        },
      })
      await hub.ready
      const start = hub.position
      const { id } = await hub.publish('job', 'half')
      return { ...served, hub, start, id }
    }

    it('tell their streams, and close those that are on no other channel for good', async () => {
      const { hub, open } = await setUp()
      using stream = await open('/job')
      using both = await open('/both')
      for (const one of [stream, both]) await one.next('sse.open')
      await hub.end('job', { reason: 'finished' })
      for (const one of [stream, both])
        expect(JSON.parse((await one.next('sse.end')).data)).toEqual({ channel: 'job', reason: 'finished' })
      expect(JSON.parse((await stream.next('sse.close')).data)).toEqual({ reconnect: false, reason: 'ended' })
      await hub.publish('news', 'still here')
      expect(await both.next()).toMatchObject({ data: 'still here' })
    })

    it('answer 204 when nothing is left to read, and the rest of it before', async () => {
      const { hub, open, ask, start, id } = await setUp()
      const { id: end } = await hub.end('job')
      using stream = await open('/job', { lastEventId: start })
      expect(await stream.next('message')).toMatchObject({ data: 'half', id })
      await stream.next('sse.end')
      await stream.next('sse.close')
      const headers = { Accept: 'text/event-stream' }
      expect((await ask('/job', headers)).status).toBe(204)
      expect((await ask('/job', { ...headers, 'Last-Event-ID': end })).status).toBe(204)
      await hub.publish('job', 'again')
      using again = await open('/job', { lastEventId: end })
      expect(await again.next('message')).toMatchObject({ data: 'again' })
    })

    it('are named in the answer to a poll', async () => {
      const served = await setUp()
      await served.hub.end('job')
      const body = await pollOf(served, `/job?lastEventId=${served.start}`)
      expect(body.ended).toEqual(['job'])
      expect(body.events.map(({ event }: { event: string }) => event)).toEqual(['message', 'sse.end'])
    })
  })
}
