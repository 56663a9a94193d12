import { afterEach, describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import type { Hub } from '../hub/hub.ts'
import { createHub } from '../hub/log-hub.ts'
import { createMemoryBroker } from '../log/memory-broker.ts'
import { createStream } from './create-stream.ts'
import { opening } from './opening.test-kit.ts'
import { createPoll, type PollDocument, type PollResponse } from './poll.ts'
import type { Refusal } from './refusal.ts'

/** Keeps what was answered. */
class RecordingResponse implements PollResponse {
  closed = false
  onClose: (() => void) | undefined
  document: PollDocument | undefined
  options: { retry: number | undefined; lastOfConnection: boolean } | undefined
  refusal: Refusal | undefined

  begin(): void {}

  answer(document: PollDocument, options: { retry: number | undefined; lastOfConnection: boolean }): void {
    this.document = document
    this.options = options
  }

  refuse(refusal: Refusal): void {
    this.refusal = refusal
  }

  leave(): void {
    this.closed = true
    this.onClose?.()
  }
}

async function poll(
  hub: Hub,
  {
    wait = 0,
    channels = ['a'],
    ...options
  }: Record<string, unknown> & { wait?: number; channels?: string[] } = {},
) {
  const response = new RecordingResponse()
  const stream = hub.stream(createPoll(response, wait), options).subscribe(channels)
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

  it('moves its cursor over what is on other channels', async () => {
    const { hub, ids } = await hubWith(2)
    const { response } = await poll(hub, { lastEventId: ids[0], channels: ['b'] })
    expect(response.document).toEqual({ events: [], cursor: ids[2] })
  })

  it('that waits is answered with the first events, all of their turn', async () => {
    const { hub, ids } = await hubWith(1)
    const { response } = await poll(hub, { lastEventId: ids[1], wait: 25_000 })
    expect(response.document).toBeUndefined()
    hub.publish('a', '2')
    await hub.publish('a', '3')
    await endOfTurn()
    expect(data({ response })).toEqual(['2', '3'])
    expect(response.document?.cursor).toBe(hub.position)
  })

  it('that waits in vain is answered when its time is up, with the position of the last heartbeat', async () => {
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

  it('is given 500 events at most, and goes on from there', async () => {
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

  it('is given about 1 MiB at most', async () => {
    const { hub, ids } = await hubWith(0)
    for (let n = 0; n < 30; n++) await hub.publish('a', 'x'.repeat(50_000))
    const { response } = await poll(hub, { lastEventId: ids[0] })
    expect(response.document?.events).toHaveLength(Math.ceil(1_048_576 / 50_000))
  })

  it('reads what the window no longer holds from the broker, a page at a time', async () => {
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

  it('is told a gap, and what comes after it', async () => {
    const { hub, ids } = await hubWith(5, { window: { entries: 2 } })
    const { response } = await poll(hub, { lastEventId: ids[1] })
    expect(response.document?.gap).toEqual({ reason: 'trimmed', requested: ids[1] })
    expect(data({ response })).toEqual(['4', '5'])
  })

  it('with a cursor that is none is told so, and given the head', async () => {
    const { hub, ids } = await hubWith(2)
    const { response } = await poll(hub, { lastEventId: 'no cursor', wait: 0 })
    expect(response.document).toEqual({
      events: [],
      cursor: ids[2],
      gap: { reason: 'unknown', requested: 'no cursor' },
    })
  })

  it('has what was sent beside the log, without an id, however much it is', async () => {
    const { hub, ids } = await hubWith(1)
    const response = new RecordingResponse()
    const stream = hub.stream(createPoll(response, 0), { lastEventId: ids[0] }).subscribe('a')
    for (let n = 0; n < 501; n++) stream.send(`beside ${n}`)
    await endOfTurn()
    await endOfTurn()
    expect(response.document?.events.filter((event) => !('id' in event))).toHaveLength(501)
  })

  it('of a stream on no channel waits for its first event', async () => {
    const response = new RecordingResponse()
    const stream = createStream(createPoll(response, 0))
    stream.comment()
    await opening()
    expect(response.document).toBeUndefined()
    stream.send({ now: 1 }, { event: 'tick', id: 7 })
    await endOfTurn()
    expect(response.document).toEqual({
      events: [{ id: '7', event: 'tick', data: '{"now":1}' }],
      cursor: '7',
    })
    expect(stream.send('late')).toBe(false)
  })

  it('feeds from a source until it is answered, then cancels it', async () => {
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
    expect(data({ response })).toEqual(['x'])
    await expect.poll(() => cancelled).toBe(true)
  })

  it('is told the channels that it asked for', async () => {
    const { hub, ids } = await hubWith(1)
    const asked = { names: ['b', 'c'], authorize: (name: string) => name === 'b' }
    const { response } = await poll(hub, { lastEventId: ids[1], asked })
    expect(response.document?.channels).toEqual({ channels: ['a', 'b'], refused: ['c'] })
  })

  it('is answered when the hub closes, and told when to come back', async () => {
    const { hub, ids } = await hubWith(1)
    const { response } = await poll(hub, { lastEventId: ids[1], wait: 25_000 })
    await hub.close({ retry: [3_000, 3_000] })
    expect(response.options).toEqual({ retry: 3_000, lastOfConnection: true })
    const late = await poll(hub, {})
    expect(late.response.refusal).toMatchObject({ status: 503 })
  })

  it('leaves nothing behind when its client goes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    const { hub, ids } = await hubWith(1)
    const { response } = await poll(hub, { lastEventId: ids[1], wait: 25_000 })
    response.leave()
    expect(vi.getTimerCount()).toBe(0)
    expect(hub.stats()).toMatchObject({ streams: 0, channels: 0, closed: { client: 1 } })
  })
})
