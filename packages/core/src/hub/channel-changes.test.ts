import { afterEach, describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { createMemoryLog } from '../log/memory-broker.ts'
import { opening } from '../stream/opening.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import { createHub } from './hub.ts'
import type { Hub } from './types.ts'

/** Two processes of one log. The first one has the stream. */
async function twoHubs(options: object = {}) {
  const log = createMemoryLog()
  const [holder, other] = [createHub({ broker: log.connect() }), createHub({ broker: log.connect() })]
  await Promise.all([holder.ready, other.ready])
  const transport = new RecordingTransport()
  const stream = holder.stream(transport, { key: 'ada', ...options }).subscribe('news')
  await opening()
  return { holder, other, transport, stream }
}

function change(
  hub: Hub,
  stream: string,
  {
    key = 'ada',
    subscribe = [],
    unsubscribe = [],
  }: { key?: string; subscribe?: string[]; unsubscribe?: string[] },
) {
  const authorize = (channel: string) => !channel.startsWith('secret')
  return hub.changeChannels(stream, { key, subscribe: { names: subscribe, authorize }, unsubscribe })
}

const told = (transport: RecordingTransport) =>
  transport.events('sse.channels').map(({ data }) => JSON.parse(data))

describe.each(['holder', 'other'] as const)('hub.changeChannels, asked of the %s', (asked) => {
  afterEach(() => vi.useRealTimers())

  it('joins and leaves channels at the position of the stream, and confirms it', async () => {
    const hubs = await twoHubs()
    const { stream, transport, holder } = hubs
    await holder.publish('topic:vue', 'before')
    const changed = await change(hubs[asked], stream.id, {
      subscribe: ['topic:vue', 'secret'],
      unsubscribe: ['news'],
    })
    expect(changed).toEqual({ channels: ['topic:vue'], refused: ['secret'] })
    expect(told(transport)).toEqual([{ channels: ['topic:vue'], refused: ['secret'] }])
    await hubs.other.publish(['topic:vue', 'news'], 'after')
    await holder.publish('news', 'no more')
    await endOfTurn()
    expect(transport.data('message')).toEqual(['after'])
  })

  it('knows only the streams of the key in the request', async () => {
    const hubs = await twoHubs()
    expect(await change(hubs[asked], hubs.stream.id, { key: 'eve', subscribe: ['a'] })).toBeUndefined()
    expect(hubs.stream.channels).toEqual(new Set(['news']))
    expect(told(hubs.transport)).toEqual([])
  })

  it.each(['', 'nonsense', 'AAAAAAAA.tooshort', '__proto__'])('does not know the stream %j', async (id) => {
    expect(await change((await twoHubs())[asked], id, { subscribe: ['a'] })).toBeUndefined()
  })

  it('rejects too many channels, and changes nothing', async () => {
    const hubs = await twoHubs({ maxChannels: 2 })
    const tooMany = change(hubs[asked], hubs.stream.id, { subscribe: ['a', 'b'] })
    await expect(tooMany).rejects.toMatchObject({ code: 'too-many-channels' })
    expect(hubs.stream.channels).toEqual(new Set(['news']))
    const exchanged = await change(hubs[asked], hubs.stream.id, {
      subscribe: ['a', 'b'],
      unsubscribe: ['news'],
    })
    expect(exchanged).toEqual({ channels: ['a', 'b'], refused: [] })
  })

  it('applies the last change, although the authorization of an earlier one takes longer', async () => {
    const hubs = await twoHubs()
    const asks = Promise.withResolvers<void>()
    const decision = Promise.withResolvers<boolean>()
    const authorize = () => {
      asks.resolve()
      return decision.promise
    }
    const slow = hubs[asked].changeChannels(hubs.stream.id, {
      key: 'ada',
      subscribe: { names: ['room', 'lobby'], authorize },
      unsubscribe: [],
    })
    await asks.promise
    await change(hubs[asked], hubs.stream.id, { unsubscribe: ['room'] })
    hubs.stream.unsubscribe('lobby')
    decision.resolve(true)
    await slow
    expect(hubs.stream.channels).toEqual(new Set(['news']))
  })

  it('does not call authorize for a stream that does not exist or has another key', async () => {
    const hubs = await twoHubs()
    const authorize = vi.fn(() => true)
    const subscribe = { names: ['room'], authorize }
    const ask = (id: string, key: string) =>
      hubs[asked].changeChannels(id, { key, subscribe, unsubscribe: [] })
    expect(await ask(hubs.stream.id, 'eve')).toBeUndefined()
    expect(await ask(`${hubs.stream.id.slice(0, -4)}0000`, 'ada')).toBeUndefined()
    expect(await ask('nonsense', 'ada')).toBeUndefined()
    expect(authorize).not.toHaveBeenCalled()
  })

  it('rejects invalid channel names before it asks other processes', async () => {
    const hubs = await twoHubs()
    const authorize = vi.fn(() => true)
    const request = { key: 'ada', subscribe: { names: ['sse:control'], authorize }, unsubscribe: [] }
    await expect(hubs[asked].changeChannels(hubs.stream.id, request)).rejects.toMatchObject({
      code: 'invalid-channel',
    })
    expect(authorize).not.toHaveBeenCalled()
  })
})

describe('hub.changeChannels', () => {
  it('gives up on a process that has ended', async () => {
    const { other, stream } = await twoHubs()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const answer = change(other, `AAAAAAAA.${stream.id.slice(9)}`, { subscribe: ['a'] })
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await answer).toBeUndefined()
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('limits how often a client may cause requests to other processes, so that invented ids do not fill the log', async () => {
    const { holder, other, stream } = await twoHubs()
    const madeUp = (n: number) => `${stream.id.slice(0, -4)}${String(n).padStart(4, '0')}`
    const answers = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) => change(other, madeUp(n), {})),
    )
    const refused = answers.filter((answer) => answer.status === 'rejected')
    // The budget starts again if the second ends during the test, so the test makes more requests than two budgets.
    expect(refused.length).toBeGreaterThanOrEqual(100)
    expect(refused[0]?.reason).toMatchObject({ code: 'busy' })
    expect(holder.stats().entries).toBeLessThanOrEqual(200)
  })

  it('puts nothing into the log, and invented ids of one client do not affect other clients', async () => {
    const { holder, other, stream } = await twoHubs()
    const before = holder.position
    const madeUp = (n: number) => `${stream.id.slice(0, -4)}${String(n).padStart(4, '0')}`
    await Promise.allSettled(Array.from({ length: 60 }, (_, n) => change(other, madeUp(n), { key: 'eve' })))
    expect(await change(other, stream.id, { subscribe: ['a'] })).toEqual({
      channels: ['news', 'a'],
      refused: [],
    })
    expect([holder.position, other.position]).toEqual([before, before])
  })

  it('refuses a change that is too large for a signal', async () => {
    const { other, stream } = await twoHubs({ maxChannels: 1_000 })
    const subscribe = Array.from({ length: 300 }, (_, n) => `${n}`.padEnd(250, 'x'))
    await expect(change(other, stream.id, { subscribe })).rejects.toMatchObject({
      code: 'too-many-channels',
      message: expect.stringMatching(/65536 are allowed: change fewer channels at a time\.$/),
    })
    expect(stream.channels).toEqual(new Set(['news']))
  })

  it('confirms at the position of a stream that is behind', async () => {
    const { holder, stream, transport } = await twoHubs()
    const before = holder.position
    transport.fill()
    stream.send('x', { event: 'beside' })
    await holder.publish('news', '1')
    await change(holder, stream.id, { subscribe: ['a'] })
    expect(transport.events('sse.channels')).toMatchObject([{ id: before }])
    transport.drain()
    expect(transport.data('message')).toEqual(['1'])
  })
})
