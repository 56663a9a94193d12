import { afterEach, describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { createHub } from '../hub/hub.ts'
import type { Hub } from '../hub/types.ts'
import { createMemoryBroker } from '../log/memory-broker.ts'
import { createStream } from '../stream/create-stream.ts'
import { opening } from '../stream/opening.test-kit.ts'
import type { SseStream } from '../stream/sse-stream.ts'
import { createPoll, type PollDocument, type PollResponse } from './poll.ts'
import type { Refusal } from './refusal.ts'

/** Records the answer. */
class RecordingResponse implements PollResponse {
  closed = false
  onClose: (() => void) | undefined
  document: PollDocument | undefined
  options: { retry: number | undefined; lastOfConnection: boolean } | undefined
  refusal: Refusal | undefined
  /** Bytes of the answer that the client has not read. */
  pending = 0
  destroyed = false

  begin(): void {}

  answer(document: PollDocument, options: { retry: number | undefined; lastOfConnection: boolean }): void {
    this.document = document
    this.options = options
  }

  refuse(refusal: Refusal): void {
    this.refusal = refusal
  }

  destroy(): void {
    this.destroyed = true
  }

  /** The client has read everything. */
  take(): void {
    this.pending = 0
    this.leave()
  }

  leave(): void {
    this.closed = true
    this.onClose?.()
  }
}

/** A response whose client does not read its answer. */
class UnreadResponse extends RecordingResponse {
  override answer(document: PollDocument, options: NonNullable<RecordingResponse['options']>): void {
    super.answer(document, options)
    this.pending = 1_000
  }
}

async function poll(
  hub: Hub,
  {
    wait = 0,
    channels = ['a'],
    response = new RecordingResponse(),
    stall,
    ...options
  }: Record<string, unknown> & {
    wait?: number
    channels?: string[]
    response?: RecordingResponse
    stall?: number
  } = {},
) {
  const stream = hub.stream(createPoll(response, wait, { stall }), options).subscribe(channels)
  await opening()
  await endOfTurn()
  await endOfTurn()
  return { response, stream }
}

async function hubWith(count: number, options = {}) {
  const hub = createHub(options)
  await hub.ready
  const ids = [hub.position]
  for (let n = 1; n <= count; n++) ids.push((await hub.publish('a', `${n}`, { event: 'tick' })).id)
  return { hub, ids }
}

const data = ({ response }: { response: RecordingResponse }) =>
  response.document?.events.map((event) => event.data)

describe('a poll', () => {
  afterEach(() => vi.useRealTimers())

  it('without a cursor is answered at once with no events and the head', async () => {
    const { hub, ids } = await hubWith(2)
    const { response, stream } = await poll(hub, { wait: 25_000 })
    expect(response.document).toEqual({ events: [], cursor: ids[2] })
    expect(stream.signal.reason).toMatchObject({ name: 'AbortError', code: 'answered' })
    expect(hub.stats()).toMatchObject({ streams: 0, channels: 0, closed: { answered: 1 } })
  })

  it('is answered with what came after its cursor', async () => {
    const { hub, ids } = await hubWith(2)
    const { response } = await poll(hub, { lastEventId: ids[0] })
    expect(response.document).toEqual({
      events: [
        { id: ids[1], event: 'tick', data: '1' },
        { id: ids[2], event: 'tick', data: '2' },
      ],
      cursor: ids[2],
    })
  })

  it('moves its cursor past events on other channels', async () => {
    const { hub, ids } = await hubWith(2)
    const { response } = await poll(hub, { lastEventId: ids[0], channels: ['b'] })
    expect(response.document).toEqual({ events: [], cursor: ids[2] })
  })

  it('that waits is answered with the first events and all others of their turn', async () => {
    const { hub, ids } = await hubWith(1)
    const { response } = await poll(hub, { lastEventId: ids[1], wait: 25_000 })
    expect(response.document).toBeUndefined()
    hub.publish('a', '2')
    await hub.publish('a', '3')
    await endOfTurn()
    expect(data({ response })).toEqual(['2', '3'])
    expect(response.document?.cursor).toBe(hub.position)
  })

  it('that gets no events is answered when its time is up, with the position of the last heartbeat', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    const { hub, ids } = await hubWith(1)
    const { response } = await poll(hub, { lastEventId: ids[1], wait: 90_000 })
    await hub.publish('elsewhere', 'x')
    vi.advanceTimersByTime(49_999)
    expect(response.document).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(response.document).toEqual({ events: [], cursor: hub.position })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is answered with at most 500 events, and the next poll continues after them', async () => {
    const { hub, ids } = await hubWith(1200)
    const first = await poll(hub, { lastEventId: ids[0] })
    expect(first.response.document?.events).toHaveLength(500)
    expect(first.response.document?.cursor).toBe(ids[500])
    const second = await poll(hub, { lastEventId: ids[500] })
    const third = await poll(hub, { lastEventId: second.response.document?.cursor })
    expect([...data(first)!, ...data(second)!, ...data(third)!]).toEqual(
      Array.from({ length: 1200 }, (_, n) => `${n + 1}`),
    )
  })

  it.each([
    ['plain text', 'x', 50_000],
    ['text that JSON escapes', '\u0001', 8_000],
    ['text of several bytes a character', '가', 15_000],
  ])('is given 1 MiB of JSON at most: %s', async (_, character, length) => {
    const { hub, ids } = await hubWith(0)
    const data = character.repeat(length)
    for (let n = 0; n < 40; n++) await hub.publish('a', data)
    const { response } = await poll(hub, { lastEventId: ids[0] })
    const { events } = response.document!
    const size = Buffer.byteLength(JSON.stringify(response.document))
    expect(size).toBeLessThanOrEqual(1_048_576 + 200)
    expect(size + Buffer.byteLength(JSON.stringify(events[0]))).toBeGreaterThan(1_048_576)
    const rest = await poll(hub, { lastEventId: response.document?.cursor })
    expect(rest.response.document!.events.length).toBe(40 - events.length)
  })

  it('is answered with an event of more than 1 MiB alone', async () => {
    const { hub, ids } = await hubWith(0, { maxEventBytes: 2_000_000 })
    for (const data of ['small', 'x'.repeat(1_500_000), 'small']) await hub.publish('a', data)
    const lengths: number[][] = []
    for (let cursor = ids[0]; cursor !== hub.position; ) {
      const { response } = await poll(hub, { lastEventId: cursor })
      lengths.push(response.document!.events.map((event) => event.data.length))
      cursor = response.document!.cursor
    }
    expect(lengths).toEqual([[5], [1_500_000], [5]])
  })

  it('reads entries that are older than the window from the broker, a page at a time', async () => {
    const { hub, ids } = await hubWith(600, { window: { entries: 10 }, broker: createMemoryBroker() })
    let cursor = ids[0]
    const seen: string[] = []
    for (let n = 0; n < 10 && seen.length < 600; n++) {
      const { response } = await poll(hub, { lastEventId: cursor })
      seen.push(...data({ response })!)
      cursor = response.document?.cursor
    }
    expect(seen).toEqual(Array.from({ length: 600 }, (_, n) => `${n + 1}`))
  })

  it('is answered with a gap, and the events after it', async () => {
    const { hub, ids } = await hubWith(5, { window: { entries: 2 } })
    const { response } = await poll(hub, { lastEventId: ids[1] })
    expect(response.document?.gap).toEqual({ reason: 'trimmed', requested: ids[1] })
    expect(data({ response })).toEqual(['4', '5'])
  })

  it('with an invalid cursor is answered with a gap and the head', async () => {
    const { hub, ids } = await hubWith(2)
    const { response } = await poll(hub, { lastEventId: 'no cursor', wait: 0 })
    expect(response.document).toEqual({
      events: [],
      cursor: ids[2],
      gap: { reason: 'unknown', requested: 'no cursor' },
    })
  })

  it('has all events that the route sent, without ids, however many there are', async () => {
    const { hub, ids } = await hubWith(1)
    const response = new RecordingResponse()
    const stream = hub.stream(createPoll(response, 0), { lastEventId: ids[0] }).subscribe('a')
    for (let n = 0; n < 501; n++) stream.send(`beside ${n}`)
    await endOfTurn()
    await endOfTurn()
    expect(response.document?.events.filter((event) => !('id' in event))).toHaveLength(501)
  })

  it('loses no event that the route sent after the document was full', async () => {
    const { hub, ids } = await hubWith(600)
    const response = new RecordingResponse()
    const stream = hub.stream(createPoll(response, 0), { lastEventId: ids[0] }).subscribe('a')
    await opening()
    stream.send('beside')
    await endOfTurn()
    expect(data({ response })).toContain('beside')
    expect(response.document?.events).toHaveLength(501)
    expect(response.document?.cursor).toBe(ids[500])
  })

  it.each([
    ['an event', (stream: SseStream) => void stream.send('x')],
    ['an event with an id of the app', (stream: SseStream) => void stream.send('x', { id: 7 })],
    ['a source', (stream: SseStream) => void stream.from(['Hello', ' big', ' world'])],
    ['an end', (stream: SseStream) => stream.close()],
  ])('of a route that sends %s and subscribes to nothing is refused with 406', async (_, use) => {
    for (const host of [createHub(), undefined]) {
      const response = new RecordingResponse()
      const transport = createPoll(response, 25_000)
      const stream = host ? host.stream(transport) : createStream(transport)
      use(stream)
      await opening()
      expect(response.refusal).toMatchObject({ status: 406, detail: expect.stringMatching(/event-stream/) })
      expect(response.document).toBeUndefined()
      expect(stream.closed).toBe(true)
      expect(stream.send('late')).toBe(false)
    }
  })

  it('of a route that ends it with a time to reconnect is refused with that time', async () => {
    const response = new RecordingResponse()
    createStream(createPoll(response, 0)).close({ reconnect: 3_000 })
    expect(response.refusal).toMatchObject({ status: 503, retry: 3_000 })
  })

  it('has the events that were sent in the turn in which the route subscribes, also before the channels are authorized', async () => {
    const { hub, ids } = await hubWith(1)
    const decision = Promise.withResolvers<boolean>()
    const response = new RecordingResponse()
    const asked = { names: ['b'], authorize: () => decision.promise }
    const stream = hub.stream(createPoll(response, 0), { asked, lastEventId: ids[0] }).subscribe('a')
    stream.send('beside')
    await opening()
    expect(response.document).toBeUndefined()
    decision.resolve(true)
    await opening()
    await endOfTurn()
    expect(data({ response })).toEqual(['beside', '1'])
    expect(response.document?.cursor).toBe(ids[1])
  })

  it('may subscribe later if it has only opened the response', async () => {
    const { hub, ids } = await hubWith(1)
    const response = new RecordingResponse()
    const stream = hub.stream(createPoll(response, 0), { lastEventId: ids[0] })
    stream.comment()
    await opening()
    stream.subscribe('a')
    await opening()
    await endOfTurn()
    expect(data({ response })).toEqual(['1'])
  })

  it('cancels a source of a route that subscribes to nothing', async () => {
    const response = new RecordingResponse()
    let cancelled = false
    async function* source() {
      try {
        for (;;) yield await endOfTurn().then(() => 'x')
      } finally {
        cancelled = true
      }
    }
    await createStream(createPoll(response, 0)).from(source())
    expect(response.refusal).toMatchObject({ status: 406 })
    await expect.poll(() => cancelled, { timeout: 20_000 }).toBe(true)
  })

  it('is refused with 503, never answered an empty cursor, when the broker does not start', async () => {
    const broker = createMemoryBroker()
    vi.spyOn(broker, 'start').mockRejectedValue(new Error('unreachable'))
    const hub = createHub({ broker, onError: () => {} })
    hub.ready.catch(() => {})
    const { response, stream } = await poll(hub)
    stream.close()
    expect(response.document).toBeUndefined()
    expect(response.refusal).toMatchObject({ status: 503 })
    expect(response.refusal?.retry).toBeGreaterThanOrEqual(5_000)
  })

  it('is refused with 503 when too much is sent while the log cannot be read', async () => {
    const broker = createMemoryBroker()
    vi.spyOn(broker, 'start').mockReturnValue(new Promise(() => {}))
    const response = new RecordingResponse()
    const stream = createHub({ broker }).stream(createPoll(response, 0)).subscribe('a')
    for (let count = 0; count < 500; count++) stream.send('x')
    await opening()
    expect(response.refusal).toMatchObject({ status: 503 })
    expect(stream.send('x')).toBe(false)
  })

  it('is refused with 503 when its time is up and no position is known', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const broker = createMemoryBroker()
    vi.spyOn(broker, 'start').mockReturnValue(new Promise(() => {}))
    const hub = createHub({ broker })
    const { response } = await poll(hub)
    vi.advanceTimersByTime(50_000)
    expect(response.refusal).toMatchObject({ status: 503 })
  })

  it('counts as open until its answer was read', async () => {
    const { hub, ids } = await hubWith(1)
    const { response, stream } = await poll(hub, {
      lastEventId: ids[0],
      response: new UnreadResponse(),
      key: 'ada',
    })
    expect(response.document).toBeDefined()
    expect([stream.closed, hub.stats().streams]).toEqual([false, 1])
    expect(stream.send('late')).toBe(false)
    response.take()
    expect([stream.closed, hub.stats().streams, hub.stats().closed.answered]).toEqual([true, 0, 1])
  })

  it('that was answered is ended by hub.disconnect like a stream', async () => {
    const { hub, ids } = await hubWith(1)
    const { stream } = await poll(hub, { lastEventId: ids[0], response: new UnreadResponse(), key: 'ada' })
    await hub.disconnect('ada')
    expect(stream.closed).toBe(true)
    expect(hub.stats()).toMatchObject({ streams: 0, closed: { disconnected: 1 } })
  })

  it.each(['answer', 'refuse'] as const)(
    'whose response throws in %s ends, and nothing else does',
    async (call) => {
      const [onError, uncaught] = [vi.fn(), vi.fn()]
      process.on('uncaughtExceptionMonitor', uncaught)
      const hub = createHub({ onError })
      await hub.ready
      const response = new RecordingResponse()
      response[call] = () => {
        throw new Error('broken')
      }
      const stream = hub.stream(createPoll(response, 0))
      if (call === 'refuse') stream.send('x')
      else stream.subscribe('a')
      await vi.waitUntil(() => stream.closed)
      expect([response.destroyed, hub.stats().streams, hub.stats().errors]).toEqual([true, 0, 1])
      expect(uncaught).not.toHaveBeenCalled()
      process.off('uncaughtExceptionMonitor', uncaught)
    },
  )

  it('whose response throws after it was ended, while it is refused, is destroyed', async () => {
    const onError = vi.fn()
    const hub = createHub({ onError })
    void hub.close()
    const response = new RecordingResponse()
    response.refuse = () => {
      response.closed = true
      throw new Error('broken')
    }
    hub.stream(createPoll(response, 0)).subscribe('a')
    await opening()
    expect(response.destroyed).toBe(true)
    expect(onError).toHaveBeenCalledOnce()
  })

  it('whose client leaves before it has read the answer is counted as left by the client', async () => {
    const { hub, ids } = await hubWith(1)
    const { response } = await poll(hub, { lastEventId: ids[0], response: new UnreadResponse() })
    response.leave()
    expect(hub.stats()).toMatchObject({ streams: 0, closed: { client: 1, answered: 0 } })
  })

  it('whose answer is not read is disconnected after `stall`, like a stream', async () => {
    const { hub, ids } = await hubWith(1)
    const response = new UnreadResponse()
    await poll(hub, { lastEventId: ids[0], response, stall: 20 })
    await expect.poll(() => response.destroyed, { timeout: 20_000 }).toBe(true)
    expect(hub.stats()).toMatchObject({ streams: 0, closed: { stalled: 1 } })
  })

  it('is answered with the channels that it asked for', async () => {
    const { hub, ids } = await hubWith(1)
    const asked = { names: ['b', 'c'], authorize: (name: string) => name === 'b' }
    const { response } = await poll(hub, { lastEventId: ids[1], asked })
    expect(response.document?.channels).toEqual({ channels: ['a', 'b'], refused: ['c'] })
  })

  it('is answered when the hub closes, with a time to poll again', async () => {
    const { hub, ids } = await hubWith(1)
    const { response } = await poll(hub, { lastEventId: ids[1], wait: 25_000 })
    await hub.close({ retry: [3_000, 3_000] })
    expect(response.options).toEqual({ retry: 3_000, lastOfConnection: true })
    const late = await poll(hub, {})
    expect(late.response.refusal).toMatchObject({ status: 503 })
  })

  it('leaves nothing behind when its client leaves', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    const { hub, ids } = await hubWith(1)
    const timers = vi.getTimerCount()
    const { response } = await poll(hub, { lastEventId: ids[1], wait: 25_000 })
    response.leave()
    expect(vi.getTimerCount()).toBe(timers)
    expect(hub.stats()).toMatchObject({ streams: 0, channels: 0, closed: { client: 1 } })
  })
})
