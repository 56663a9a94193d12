import { describe, expect, it } from 'vitest'
import { createSseClient } from '../index.ts'
import { createTestClock, scriptEventSource } from '../testing/index.ts'
import { iterate } from './index.ts'

interface Events {
  tick: number
  tock: string
}

function connect() {
  const { EventSource, sources } = scriptEventSource()
  const client = createSseClient<Events>('http://a.example/', { EventSource, clock: createTestClock() })
  client.connect()
  const source = sources[0]!
  source.open()
  return { client, source }
}

describe('iterating', () => {
  it('gives events one after the other, from the call on', async () => {
    const { client, source } = connect()
    source.send('tick', '0', '0')
    const ticks = iterate(client, 'tick')
    source.send('tick', '1', '1')
    source.send('tick', '2', '2')
    expect(await ticks.next()).toEqual({ done: false, value: { event: 'tick', data: 1, id: '1' } })
    expect(await ticks.next()).toMatchObject({ value: { data: 2 } })
    const third = ticks.next()
    const fourth = ticks.next()
    source.send('tick', '3', '3')
    source.send('tick', '4', '4')
    expect([await third, await fourth]).toMatchObject([{ value: { data: 3 } }, { value: { data: 4 } }])
  })

  it('takes several names, in the order of the stream', async () => {
    const { client, source } = connect()
    const events = iterate(client, ['tick', 'tock', 'sse.gap'])
    source.send('tock', 'a', '1')
    source.send('sse.gap', '{"reason":"trimmed"}', '2')
    source.send('tick', '1', '3')
    const names: string[] = []
    for await (const { event } of events) if (names.push(event) === 3) break
    expect(names).toEqual(['tock', 'sse.gap', 'tick'])
  })

  it('stops listening when the loop is left, also by an error, and leaves the client as it is', async () => {
    const { client, source } = connect()
    source.send('tick', '1', '1')
    const loop = async () => {
      for await (const _ of iterate(client, 'tick')) throw new Error('from the app')
    }
    const looping = loop()
    source.send('tick', '2', '2')
    await expect(looping).rejects.toThrow('from the app')
    expect(client.state.status).toBe('open')
    const ticks = iterate(client, 'tick')
    const pending = ticks.next()
    expect(await ticks.return?.()).toEqual({ done: true, value: undefined })
    expect(await pending).toEqual({ done: true, value: undefined })
    source.send('tick', '3', '3')
    expect(await ticks.next()).toEqual({ done: true, value: undefined })
  })

  it('is over when the client is closed, after what came before', async () => {
    const { client, source } = connect()
    const ticks = iterate(client, 'tick')
    source.send('tick', '1', '1')
    source.send('sse.close', '{"reconnect":false}')
    const heard: number[] = []
    for await (const { data } of ticks) heard.push(data)
    expect(heard).toEqual([1])
    for await (const _ of iterate(client, 'tick')) expect.unreachable()
  })

  it('waits for a client that is not connected yet', async () => {
    const { EventSource, sources } = scriptEventSource()
    const client = createSseClient<Events>('http://a.example/', { EventSource })
    const next = iterate(client, 'tick').next()
    client.connect()
    sources[0]?.open()
    sources[0]?.send('tick', '1', '1')
    expect(await next).toMatchObject({ value: { data: 1 } })
    client.close()
  })

  it('rejects when the client gives up, once', async () => {
    const { EventSource, sources } = scriptEventSource()
    const client = createSseClient<Events>('http://a.example/', { EventSource, maxAttempts: 1 })
    client.connect()
    const ticks = iterate(client, 'tick')
    sources[0]?.open()
    sources[0]?.send('tick', '1', '1')
    sources[0]?.refuse()
    expect(await ticks.next()).toMatchObject({ value: { data: 1 } })
    await expect(ticks.next()).rejects.toMatchObject({ name: 'SseError', code: 'closed' })
    expect(await ticks.next()).toEqual({ done: true, value: undefined })
  })

  it('rejects when more events wait than it holds, after those it holds', async () => {
    const { client, source } = connect()
    const ticks = iterate(client, 'tick', { limit: 2 })
    for (const n of ['1', '2', '3', '4']) source.send('tick', n, n)
    expect(await ticks.next()).toMatchObject({ value: { data: 1 } })
    expect(await ticks.next()).toMatchObject({ value: { data: 2, id: '2' } })
    await expect(ticks.next()).rejects.toMatchObject({ code: 'overflow' })
  })

  it.each([true, false])('rejects with the reason of its signal (aborted before: %s)', async (before) => {
    const { client, source } = connect()
    const abort = new AbortController()
    if (before) abort.abort(new Error('enough'))
    const ticks = iterate(client, 'tick', { signal: abort.signal })
    source.send('tick', '1', '1')
    const next = ticks.next()
    if (!before) {
      expect(await next).toMatchObject({ value: { data: 1 } })
      abort.abort(new Error('enough'))
      await expect(ticks.next()).rejects.toThrow('enough')
    } else await expect(next).rejects.toThrow('enough')
    expect(await ticks.next()).toMatchObject({ done: true })
  })
})
