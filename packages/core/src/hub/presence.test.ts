import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryLog, type SharedMemoryLog } from '../log/memory-broker.ts'
import { wrapped } from '../log/wrapped-broker.test-kit.ts'
import { createPoll } from '../response/poll.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import { createHub } from './hub.ts'
import type { Hub, HubOptions } from './types.ts'

const channel = (name: string) => ({ presence: name.startsWith('room') })

beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'performance'] }),
)
afterEach(() => void vi.useRealTimers())

async function turns(count = 8): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn()
}

/** Lets time pass, so that timers and signals do what they do. */
async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 250) {
    vi.advanceTimersByTime(Math.min(left, 250))
    await turns(4)
  }
}

async function start(log: SharedMemoryLog | undefined, options: HubOptions = {}): Promise<Hub> {
  const hub = createHub({ channel, ...(log && { broker: log.connect() }), ...options })
  await hub.ready
  await turns()
  return hub
}

async function enter(hub: Hub, key: string | undefined, channels: string | string[] = 'room:1') {
  const transport = new RecordingTransport()
  const presence = () => (key === undefined ? undefined : { name: key })
  const stream = hub.stream(transport, { key, presence }).subscribe(channels)
  await turns()
  return { stream, transport }
}

async function names(hub: Hub, room = 'room:1') {
  return (await hub.presence(room))
    .map(({ info, streams }) => [(info as { name: string }).name, streams])
    .sort()
}

/** What a page shows that follows `sse.presence`. */
function shown(transport: RecordingTransport, room = 'room:1'): string[] {
  const members = new Map<string, string>()
  for (const data of transport.data('sse.presence')) {
    const change = JSON.parse(data)
    if (change.channel !== room) continue
    if (change.members) members.clear()
    for (const { id, info } of change.members ?? change.joined) members.set(id, info.name)
    for (const id of change.left ?? []) members.delete(id)
  }
  return [...members.values()].sort()
}

describe('presence', () => {
  it('counts the streams of a key once, and keeps it for a moment after the last one', async () => {
    const hub = await start(undefined)
    const tabs = [await enter(hub, 'mina'), await enter(hub, 'mina')]
    await enter(hub, 'joon')
    expect(await names(hub)).toEqual([
      ['joon', 1],
      ['mina', 2],
    ])
    tabs[0]!.transport.leave()
    expect(await names(hub)).toEqual([
      ['joon', 1],
      ['mina', 1],
    ])
    tabs[1]!.transport.leave()
    await pass(4_000)
    expect(await names(hub)).toEqual([
      ['joon', 1],
      ['mina', 0],
    ])
    const reloaded = await enter(hub, 'mina')
    await pass(10_000)
    expect(await names(hub)).toEqual([
      ['joon', 1],
      ['mina', 1],
    ])
    reloaded.transport.leave()
    await pass(5_500)
    expect(await names(hub)).toEqual([['joon', 1]])
  })

  it('is told whole at the opening, then as changes that are gathered; nobody is told a key', async () => {
    const hub = await start(undefined)
    const watcher = await enter(hub, undefined)
    expect(watcher.transport.data('sse.presence')).toEqual(['{"channel":"room:1","members":[]}'])
    await enter(hub, 'mina')
    await enter(hub, 'joon')
    await pass(200)
    expect(shown(watcher.transport)).toEqual(['joon', 'mina'])
    expect(watcher.transport.data('sse.presence')).toHaveLength(2)
    const late = await enter(hub, undefined)
    expect(shown(late.transport)).toEqual(['joon', 'mina'])
    for (const { id } of await hub.presence('room:1')) expect(id).toMatch(/^[\w-]{22}$/)
  })

  it('is right for a stream that gets the list between a leave and a return', async () => {
    const hub = await start(undefined)
    const { transport } = await enter(hub, 'mina')
    await pass(200)
    transport.leave()
    const watcher = await enter(hub, undefined)
    await enter(hub, 'mina')
    await pass(200)
    const members = new Map<string, number>()
    for (const data of watcher.transport.data('sse.presence')) {
      const { members: all, joined = all } = JSON.parse(data)
      for (const { info, streams } of joined) members.set(info.name, streams)
    }
    expect([...members]).toEqual([['mina', 1]])
  })

  it('follows joins and leaves of channels', async () => {
    const hub = await start(undefined)
    const { stream, transport } = await enter(hub, 'mina', 'news')
    expect(transport.data('sse.presence')).toEqual([])
    stream.subscribe('room:1')
    await pass(200)
    expect(shown(transport)).toEqual(['mina'])
    stream.unsubscribe('room:1')
    await pass(5_500)
    expect(await names(hub)).toEqual([])
  })

  it('is one over all processes, and hears what it has missed', async () => {
    const log = createMemoryLog()
    const broker = log.connect()
    let deaf = false
    const one = await start(log)
    const other = await start(undefined, {
      broker: wrapped(broker, {
        start: (receiver) =>
          broker.start({ ...hear(receiver), signal: (text) => void (deaf || receiver.signal(text)) }),
      }),
    })
    const here = await enter(one, 'mina')
    await enter(other, 'mina')
    const watcher = await enter(other, undefined)
    await pass(1_200)
    expect(await names(one)).toEqual([['mina', 2]])
    expect(await names(other)).toEqual([['mina', 2]])
    const [a] = await one.presence('room:1')
    const [b] = await other.presence('room:1')
    expect(a!.id).toBe(b!.id)

    deaf = true
    await enter(one, 'joon')
    here.transport.leave()
    await pass(3_000)
    deaf = false
    await pass(3_000)
    expect(await names(other)).toEqual([
      ['joon', 1],
      ['mina', 1],
    ])
    expect(shown(watcher.transport)).toEqual(['joon', 'mina'])

    const late = await start(log)
    await pass(1_200)
    expect(await names(late)).toEqual([
      ['joon', 1],
      ['mina', 1],
    ])
  })

  it('is right in the end, whichever signals are lost', async () => {
    // A linear congruential generator: the same signals are lost in every run.
    let random = 7
    const isLost = () => {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31
      return random < 2 ** 30
    }
    const log = createMemoryLog()
    const broker = log.connect()
    let isLossy = true
    const one = await start(log)
    const other = await start(undefined, {
      broker: wrapped(broker, {
        start: (receiver) =>
          broker.start({
            ...hear(receiver),
            signal: (text) => void ((isLossy && isLost()) || receiver.signal(text)),
          }),
      }),
    })
    // Their list takes several signals.
    const pages = await Promise.all(Array.from({ length: 70 }, (_, n) => enter(one, `user ${n}`)))
    for (const { transport } of pages.slice(0, 20)) {
      transport.leave()
      await pass(500)
    }
    await pass(6_000)
    isLossy = false
    await pass(3_000)
    expect(await names(other)).toEqual(await names(one))
    expect(await names(other)).toHaveLength(50)
  })

  it('of a process that has died is gone within 30 seconds; clients that came over were never gone', async () => {
    const log = createMemoryLog()
    const broker = log.connect()
    let dead = false
    const dying = await start(undefined, {
      broker: wrapped(broker, { signal: (text) => (dead ? Promise.resolve() : broker.signal(text)) }),
    })
    const other = await start(log)
    await enter(dying, 'mina')
    await enter(dying, 'joon')
    const watcher = await enter(other, undefined)
    await pass(1_200)
    dead = true
    await pass(2_000)
    await enter(other, 'mina')
    const absent: number[] = []
    for (let second = 0; second < 30; second++) {
      await pass(1_000)
      if (!shown(watcher.transport).includes('mina')) absent.push(second)
    }
    expect(absent).toEqual([])
    expect(await names(other)).toEqual([['mina', 1]])
    expect(shown(watcher.transport)).toEqual(['mina'])
  })

  it('tells a slow stream the whole list when it has caught up', async () => {
    const hub = await start(undefined)
    const { transport } = await enter(hub, undefined)
    transport.fill()
    await hub.publish('room:1', 'full')
    await enter(hub, 'mina')
    await pass(200)
    expect(shown(transport)).toEqual([])
    transport.drain()
    await turns()
    expect(shown(transport)).toEqual(['mina'])
  })

  it('tells only the number of more than a thousand', async () => {
    const hub = await start(undefined)
    const watcher = await enter(hub, undefined)
    for (let n = 0; n < 1_001; n++) {
      hub
        .stream(new RecordingTransport(), { key: `k${n}`, presence: () => ({ name: 'x' }) })
        .subscribe('room:1')
    }
    await pass(500)
    expect(JSON.parse(watcher.transport.data('sse.presence').at(-1)!)).toEqual({
      channel: 'room:1',
      count: 1_001,
    })
  })

  it('counts a poll until the next one is due, and gives it the list with every answer', async () => {
    const hub = await start(undefined)
    let document: { events: readonly { event: string }[] } | undefined
    const response = {
      closed: false,
      onClose: undefined,
      begin() {},
      answer: (answer: NonNullable<typeof document>) => {
        document = answer
      },
      refuse() {},
    }
    const options = { key: 'mina', presence: () => ({ name: 'mina' }), lastEventId: hub.position }
    hub.stream(createPoll(response, 20_000), options).subscribe('room:1')
    await turns()
    expect(document).toBeUndefined()
    // That it has joined is a change, and ends the wait; the list alone does not.
    await pass(1_000)
    expect(document!.events.map(({ event }) => event)).toContain('sse.presence')
    expect(await names(hub)).toEqual([['mina', 0]])
    await pass(30_000)
    expect(await names(hub)).toHaveLength(1)
    await pass(5_000)
    expect(await names(hub)).toEqual([])
  })

  it('reports what is too large or fails, and leaves the client invisible', async () => {
    const errors: unknown[] = []
    const hub = await start(undefined, { onError: (error) => errors.push(error) })
    hub.stream(new RecordingTransport(), { key: 'a', presence: () => 'x'.repeat(2_000) }).subscribe('room:1')
    const failing = () => {
      throw new Error('no')
    }
    hub.stream(new RecordingTransport(), { key: 'b', presence: failing }).subscribe('room:1')
    await turns()
    expect(errors).toHaveLength(2)
    expect(await names(hub)).toEqual([])
    await expect(hub.presence('news')).rejects.toMatchObject({ code: 'invalid-option' })
  })
})

/** The methods of a receiver, which may be those of a class. */
function hear(receiver: Parameters<ReturnType<SharedMemoryLog['connect']>['start']>[0]) {
  return {
    entries: receiver.entries.bind(receiver),
    discontinuity: receiver.discontinuity.bind(receiver),
    health: receiver.health.bind(receiver),
  }
}

it('a stream that the app closes as it opens is no member', async () => {
  const hub = await start(undefined, { onStream: ({ type, stream }) => type === 'open' && stream.close() })
  await enter(hub, 'mina')
  await pass(6_000)
  expect(await names(hub)).toEqual([])
})

it('the others are told of a stream that ends because it could not be told of a change', async () => {
  const hub = await start(undefined, { onError: () => {} })
  const broken = await enter(hub, 'mina')
  const { transport } = await enter(hub, 'mina')
  await pass(1_000)
  broken.transport.write = () => {
    throw new Error('reset')
  }
  await enter(hub, 'joon')
  await pass(1_000)
  expect(await names(hub)).toEqual([
    ['joon', 1],
    ['mina', 1],
  ])
  const told = transport.data('sse.presence').map((data) => JSON.parse(data))
  expect(told.at(-1).joined).toMatchObject([{ info: { name: 'mina' }, streams: 1 }])
})
