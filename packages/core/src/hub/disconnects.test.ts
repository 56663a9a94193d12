import { afterEach, describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import type { Receiver } from '../log/broker.ts'
import { createMemoryLog } from '../log/memory-broker.ts'
import { wrapped } from '../log/wrapped-broker.test-kit.ts'
import { opening } from '../stream/opening.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import type { StreamOptions } from '../stream/sse-stream.ts'
import { createHub } from './hub.ts'
import type { Hub, HubOptions } from './types.ts'

function asking(hub: Hub, options: StreamOptions = {}) {
  const transport = new RecordingTransport()
  const stream = hub.stream(transport, { key: 'ada', ...options }).subscribe('user:ada')
  return { transport, stream }
}

async function opened(hub: Hub, options: StreamOptions = {}) {
  const asked = asking(hub, options)
  await opening()
  return asked
}

/** A hub whose signals are lost and whose timers are fake, with what its broker calls. */
async function hubWithoutSignals() {
  const memory = createMemoryLog().connect()
  let receiver!: Receiver
  const broker = wrapped(memory, {
    start: (its) => {
      receiver = its
      return memory.start(its)
    },
    signal: async () => {},
  })
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  const hub = createHub({ broker, random: () => 0 })
  await hub.ready
  return { hub, receiver }
}

/** Two processes of one log. */
async function twoHubs(options: HubOptions = {}) {
  const log = createMemoryLog()
  const brokers = [log.connect(), log.connect()] as const
  const [one, other] = [
    createHub({ ...options, broker: brokers[0] }),
    createHub({ ...options, broker: brokers[1] }),
  ]
  await Promise.all([one.ready, other.ready])
  await vi.waitUntil(() => one.stats().hubs === 2 && other.stats().hubs === 2)
  return { one, other, brokers, log }
}

describe('hub.disconnect', () => {
  afterEach(() => vi.useRealTimers())

  it.each(['a stream', 'a poll'])('ends %s whose channels are still being authorized', async (kind) => {
    const hub = createHub()
    const decision = Promise.withResolvers<boolean>()
    const { transport, stream } = asking(hub, {
      asked: { names: ['topic'], authorize: () => decision.promise },
    })
    if (kind === 'a poll') Object.assign(transport, { begun: false })
    await opening()
    await hub.disconnect('ada', { reconnect: false })
    decision.resolve(true)
    await opening()
    await hub.publish('user:ada', 'secret')
    expect(stream.closed).toBe(true)
    expect(transport.refusal).toMatchObject({ status: 204 })
    expect(transport.items).toEqual([])
  })

  it('reports once that no stream has a key', async () => {
    const errors: unknown[] = []
    const hub = createHub({ onError: (error) => errors.push(error) })
    await hub.disconnect('ada')
    const client = { key: undefined, isAnonymous: true, admit: () => undefined }
    await opened(hub, { client })
    for (let time = 0; time < 2; time++) await hub.disconnect('ada')
    expect(errors).toEqual([expect.objectContaining({ code: 'invalid-key', value: 'ada' })])
  })

  it.each([
    ['one has a key', { key: 'bo' }],
    ['a guest has none', { client: { key: undefined, admit: () => undefined } }],
    ['an app makes its streams itself', { key: undefined }],
  ])('reports nothing if %s', async (_name, options) => {
    const errors: unknown[] = []
    const hub = createHub({ onError: (error) => errors.push(error) })
    await opened(hub, { key: undefined, ...options })
    await hub.disconnect('ada')
    expect(errors).toEqual([])
  })

  it.each([
    ['', (id: string) => id],
    [', in a log that has forked before it', (id: string) => `fork${id}`],
  ])('is not passed by a stream that reads ahead of its process%s', async (_name, forked) => {
    const log = createMemoryLog()
    const one = createHub({ broker: log.connect() })
    const broker = log.connect()
    let held: Parameters<Receiver['entries']>[0][] | undefined
    let release = () => {}
    const other = createHub({
      broker: wrapped(broker, {
        async read(after, options) {
          const page = await broker.read(after.replace('fork', ''), options)
          if ('gap' in page) return page
          return { ...page, entries: page.entries.map((entry) => ({ ...entry, id: forked(entry.id) })) }
        },
        start: (receiver) => {
          release = () => {
            for (const batch of held ?? []) receiver.entries(batch)
            held = undefined
          }
          return broker.start({
            ...receiver,
            entries: (batch) => void (held ? held.push(batch) : receiver.entries(batch)),
          })
        },
      }),
    })
    await Promise.all([one.ready, other.ready])
    held = []
    const { id } = await one.publish('user:ada', 'first')
    await one.publish('user:ada', 'before')
    const disconnected = one.disconnect('ada')
    await one.publish('user:ada', 'after')
    const { transport, stream } = await opened(other, { lastEventId: forked(id), arrival: 0 })
    await vi.waitUntil(() => transport.events().some(({ data }) => data === 'before'))
    await opening()
    expect(transport.events().map(({ data }) => data)).not.toContain('after')
    release()
    await disconnected
    expect(stream.closed).toBe(true)
    expect(transport.events().map(({ data }) => data)).not.toContain('after')
  })

  it('also applies to a request that arrived before and subscribes afterwards', async () => {
    const hub = createHub()
    const arrival = hub.arrival()
    await hub.disconnect('ada')
    const late = await opened(hub, { arrival })
    expect(late.transport.refusal).toMatchObject({ status: 503, retry: expect.any(Number) })
    const fresh = await opened(hub, { arrival: hub.arrival() })
    expect(fresh.stream.closed).toBe(false)
    const other = await opened(hub, { arrival, key: 'eve' })
    expect(other.stream.closed).toBe(false)
  })

  it('tells a client to reconnect whose request arrived before the oldest remembered disconnect', async () => {
    const hub = createHub()
    const arrival = hub.arrival()
    await hub.disconnect('ada')
    await Promise.all(Array.from({ length: 10_001 }, (_, n) => hub.disconnect(`k${n}`)))
    const { transport } = await opened(hub, { arrival })
    expect(transport.refusal).toMatchObject({ status: 503 })
  })

  it('delivers none of the pending events to a client that is behind', async () => {
    const hub = createHub()
    const { transport, stream } = await opened(hub)
    transport.fill()
    await hub.publish('user:ada', 'secret')
    await hub.disconnect('ada')
    expect(stream.closed).toBe(true)
    expect(transport.state).toBe('destroyed')
  })

  it('resolves when the other process has executed it', async () => {
    const { one, other } = await twoHubs()
    const { stream } = await opened(other)
    const decision = Promise.withResolvers<boolean>()
    const pending = asking(other, { asked: { names: ['x'], authorize: () => decision.promise } })
    await opening()
    await one.disconnect('ada')
    expect([stream.closed, pending.stream.closed]).toEqual([true, true])
  })

  it('waits for a process that receives it late, and asks again when a signal is lost', async () => {
    const { one, other, brokers } = await twoHubs()
    const { stream } = await opened(other)
    const { signal } = brokers[1]
    let lost = 0
    brokers[1].signal = async (text) => {
      if (text.includes('"disconnected"') && lost++ === 0) return
      await signal.call(brokers[1], text)
    }
    await one.disconnect('ada')
    expect(lost).toBe(2)
    expect(stream.closed).toBe(true)
  })

  it('does not wait for a process that was killed', async () => {
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
    })
    const { one, brokers } = await twoHubs()
    // The other process sends no more signals, not even that it left.
    brokers[1].signal = async () => {}
    const done = vi.fn()
    const disconnected = one.disconnect('ada').then(done)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(done).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(8_000)
    await disconnected
    expect(one.stats().hubs).toBe(1)
  })

  it('reaches a process that missed the part of the log with the command', async () => {
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
    })
    const { one, log } = await twoHubs()
    const broker = log.connect()
    let missed = 0
    const start = (receiver: Receiver) =>
      broker.start({
        ...receiver,
        entries: (batch) => {
          if (missed++ > 0) receiver.entries(batch)
          else receiver.discontinuity({ reason: 'trimmed', head: batch.at(-1)!.id })
        },
      })
    const third = createHub({ broker: wrapped(broker, { start }) })
    await third.ready
    await vi.waitUntil(() => one.stats().hubs === 3)
    const { stream } = await opened(third)
    const done = vi.fn()
    void one.disconnect('ada').then(done)
    await vi.advanceTimersByTimeAsync(8_000)
    expect([stream.closed, done.mock.calls.length]).toEqual([true, 1])
  })

  it('also applies to requests from before the broker of a process has started', async () => {
    const { one, log } = await twoHubs()
    const broker = log.connect()
    const start = Promise.withResolvers<void>()
    const late = createHub({
      broker: wrapped(broker, { start: (receiver) => start.promise.then(() => broker.start(receiver)) }),
      random: () => 0,
    })
    const [ada, eve] = [await opened(late), await opened(late, { key: 'eve' })]
    await one.disconnect('ada', { reconnect: false })
    start.resolve()
    await late.ready
    await opening()
    expect(ada.transport.events().map(({ event }) => event)).toEqual(['sse.close'])
    // The disconnect may be older than the request: so its client reconnects and is authorized again.
    expect(ada.transport.events('sse.close')).toMatchObject([{ retry: 250 }])
    expect(eve.transport.events().map(({ event }) => event)).toEqual(['sse.open'])
  })

  it('does not wait for a process that has started since', async () => {
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
    })
    const { one, brokers, log } = await twoHubs()
    brokers[1].signal = async () => {}
    const done = vi.fn()
    void one.disconnect('ada').then(done)
    await vi.advanceTimersByTimeAsync(1_000)
    await createHub({ broker: log.connect() }).ready
    await vi.advanceTimersByTimeAsync(8_000)
    expect(done).toHaveBeenCalled()
  })

  it('does not wait for a process that was closed', async () => {
    const { one, other } = await twoHubs()
    await other.close()
    await endOfTurn()
    await one.disconnect('ada')
    expect(one.stats().hubs).toBe(1)
  })

  it('puts the command into the log again when the log has lost it', async () => {
    const log = createMemoryLog()
    const broker = log.connect()
    const hub = createHub({ broker })
    await hub.ready
    await hub.publish('news', 'x')
    const { stream } = await opened(hub)
    const publish = broker.publish.bind(broker)
    let lost = 0
    broker.publish = async (channels, message, options) =>
      channels[0] === 'sse:control' && lost++ === 0
        ? { id: hub.position, duplicate: false }
        : publish(channels, message, options)
    await hub.disconnect('ada')
    expect(lost).toBe(2)
    expect(stream.closed).toBe(true)
  })

  it('ends every stream with a key when the lease of this process expired and it missed a part of the log', async () => {
    const { hub, receiver } = await hubWithoutSignals()
    const keyed = await opened(hub)
    const open = await opened(hub, { key: undefined })
    receiver.discontinuity({ reason: 'forked', head: hub.position })
    expect(keyed.stream.closed).toBe(false)
    vi.advanceTimersByTime(6_000)
    receiver.discontinuity({ reason: 'forked', head: hub.position })
    expect(keyed.transport.events('sse.close')).toMatchObject([{ retry: 250 }])
    expect(open.stream.closed).toBe(false)
  })

  it('does so also when it reaches the log again before it is told what it missed', async () => {
    const { hub, receiver } = await hubWithoutSignals()
    const keyed = await opened(hub)
    receiver.health('down')
    vi.advanceTimersByTime(6_000)
    receiver.health('up')
    receiver.discontinuity({ reason: 'trimmed', head: hub.position })
    expect(keyed.stream.closed).toBe(true)
    const later = await opened(hub)
    receiver.discontinuity({ reason: 'trimmed', head: hub.position })
    expect(later.stream.closed).toBe(false)
  })

  it('refuses what arrived before a start that failed, because the log may have dropped a disconnect since then', async () => {
    const memory = createMemoryLog().connect()
    let attempts = 0
    const broker = wrapped(memory, {
      start: (its) => (attempts++ === 0 ? Promise.reject(new Error('not yet')) : memory.start(its)),
    })
    const hub = createHub({ broker, random: () => 0, onError: () => {} })
    const arrival = hub.arrival()
    const waiting = asking(hub)
    await hub.ready
    await opening()
    expect(waiting.stream.closed).toBe(true)
    // The app awaited something before it subscribed.
    expect((await opened(hub, { arrival })).transport.refusal).toMatchObject({ status: 503 })
    expect((await opened(hub, { arrival, key: undefined })).stream.closed).toBe(false)
    expect((await opened(hub, { arrival: hub.arrival() })).stream.closed).toBe(false)
  })

  it.each(['end', 'refuse'] as const)(
    'ends all streams of a key, although the %s of one transport throws',
    async (call) => {
      const onError = vi.fn()
      const hub = createHub({ onError })
      const decision = new Promise<boolean>(() => {})
      const options = call === 'refuse' ? { asked: { names: ['x'], authorize: () => decision } } : {}
      const [broken, whole] = [asking(hub, options), asking(hub, options)]
      if (call === 'refuse')
        for (const { transport } of [broken, whole]) Object.assign(transport, { begun: false })
      await opening()
      broken.transport[call] = () => {
        throw new Error('broken')
      }
      await hub.disconnect('ada')
      expect([broken.transport.state, broken.stream.closed, whole.stream.closed]).toEqual([
        'destroyed',
        true,
        true,
      ])
      expect(onError).toHaveBeenCalledOnce()
    },
  )

  it('rejects when the hub is closed before the command is in the log, and leaves no rejection unhandled', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const published = Promise.withResolvers<never>()
    const hub = createHub({
      broker: wrapped(createMemoryLog().connect(), { publish: () => published.promise }),
    })
    await hub.ready
    const disconnected = hub.disconnect('ada')
    await hub.close()
    published.reject(new Error('closed meanwhile'))
    await expect(disconnected).rejects.toThrow()
    await endOfTurn()
    expect(unhandled).not.toHaveBeenCalled()
    process.off('unhandledRejection', unhandled)
  })

  it('takes no place in the window', async () => {
    const hub = createHub({ window: { entries: 2 } })
    await hub.ready
    const start = hub.position
    await hub.publish('user:ada', 'kept')
    for (let n = 0; n < 20; n++) await hub.disconnect(`k${n}`)
    const { transport } = await opened(hub, { lastEventId: start })
    expect(transport.data('message')).toEqual(['kept'])
    expect(transport.events('sse.gap')).toEqual([])
    expect(hub.stats().windowEntries).toBe(1)
  })

  it('rejects what is not a key', async () => {
    const hub = createHub()
    await expect(hub.disconnect(7 as never)).rejects.toMatchObject({ code: 'invalid-key' })
    await expect(hub.disconnect('a\ud800')).rejects.toMatchObject({ code: 'invalid-key' })
  })
})
