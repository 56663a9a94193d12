import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createSseClient, type SchemaIssue, type StandardSchema } from '../index.ts'
import { createTestClock, scriptEventSource } from '../testing/index.ts'

type Decision<T> = { value: T } | { issues: readonly SchemaIssue[] }

function schema<T>(validate: (value: unknown) => Decision<T> | Promise<Decision<T>>): StandardSchema<T> {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

const issues = [{ message: 'Expected a number', path: ['n'] }]

const tick = schema<{ n: number }>((value) => {
  const { n } = Object(value)
  return typeof n === 'number' ? { value: { n } } : { issues }
})

/** Takes its time: the test says when. */
function createSlowSchema() {
  const open: (() => void)[] = []
  const slow = schema<unknown>((value) => new Promise((resolve) => open.push(() => resolve({ value }))))
  return { slow, open }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

function connect<S extends Record<string, StandardSchema>>(events: S) {
  const { EventSource, sources } = scriptEventSource()
  const onError = vi.fn()
  const clock = createTestClock()
  const client = createSseClient('http://a.example/events', { EventSource, clock, onError, events })
  client.connect()
  const heard: unknown[] = []
  client.on('sse.invalid', (invalid) => heard.push(invalid))
  client.on('sse.gap', (gap, { id }) => heard.push([gap, id]))
  const newest = () => sources.at(-1)!
  newest().open()
  return { client, clock, heard, newest, sources, onError }
}

describe('a schema', () => {
  it('makes the data that listeners are given', () => {
    const { client, heard, newest } = connect({ tick })
    client.on('tick', (data) => heard.push(data))
    newest().send('tick', '{"n":1,"more":true}', '1')
    expect(heard).toEqual([{ n: 1 }])
  })

  it('that does not take an event has it told as sse.invalid, with the issues and the text', () => {
    const { client, heard, newest } = connect({ tick })
    client.on('tick', (data) => heard.push(data))
    newest().send('tick', '{"n":"one"}', '1')
    newest().send('tick', '{"n":2}', '2')
    expect(heard).toEqual([{ event: 'tick', data: '{"n":"one"}', issues }, { n: 2 }])
    expect([client.lastEventId, client.state.status]).toEqual(['2', 'open'])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['returns nothing', () => undefined as never],
  ])('that %s is sse.invalid too, and the stream lives', async (_, validate) => {
    const { client, heard, newest, onError } = connect({ tick: schema(validate) })
    client.on('tick', (data) => heard.push(data))
    newest().send('tick', '1', '1')
    await settle()
    expect(heard).toEqual([{ event: 'tick', data: '1', issues: [{ message: expect.any(String) }] }])
    expect(client.state.status).toBe('open')
    expect(onError).not.toHaveBeenCalled()
  })

  it('is asked for its own event only', () => {
    const { client, heard, newest } = connect({ tick })
    // @ts-expect-error no schema knows it: it is let through, and not typed
    client.on('other', (data) => heard.push(data))
    newest().send('other', '"x"', '1')
    newest().send('constructor', '"x"', '1')
    expect(heard).toEqual(['x'])
  })
})

describe('a schema that takes its time', () => {
  it('keeps the order of events, gaps among them', async () => {
    const { slow, open } = createSlowSchema()
    const { client, heard, newest } = connect({ slow, tick })
    client.on('slow', (data, { id }) => heard.push([data, id]))
    client.on('tick', (data, { id }) => heard.push([data, id]))
    newest().send('slow', '1', '1')
    newest().send('tick', '{"n":2}', '2')
    newest().send('sse.gap', '{"reason":"trimmed","requested":"0"}', '3')
    newest().send('slow', '4', '4')
    open[1]?.()
    await settle()
    expect(heard).toEqual([])
    open[0]?.()
    await settle()
    expect(heard).toEqual([
      [1, '1'],
      [{ n: 2 }, '2'],
      [{ reason: 'trimmed', requested: '0' }, '3'],
      [4, '4'],
    ])
    newest().send('tick', '{"n":5}', '5')
    expect(heard.at(-1)).toEqual([{ n: 5 }, '5'])
  })

  it('has what it holds brought again after a close, and told once', async () => {
    const { slow, open } = createSlowSchema()
    const { client, heard, newest } = connect({ slow })
    client.on('slow', (data) => heard.push(data))
    newest().send('slow', '1', '1')
    open[0]?.()
    await settle()
    newest().send('slow', '2', '2')
    client.close()
    open[1]?.()
    await settle()
    expect(heard).toEqual([1])
    expect(client.lastEventId).toBe('1')
    client.connect()
    expect(newest().url.searchParams.get('lastEventId')).toBe('1')
  })

  it('keeps what the server says in its place: channels, an own gap, the end', async () => {
    const { slow, open } = createSlowSchema()
    const { client, heard, newest } = connect({ slow })
    client.on('slow', (data) => heard.push(data))
    client.on('sse.channels', () => heard.push('channels'))
    client.on('sse.state', ({ status }) => heard.push(status))
    newest().send('slow', '1', '1')
    newest().send('sse.channels', '{"channels":["a"],"refused":[]}', '2')
    newest().send('sse.close', '{"reconnect":false}', '3')
    await settle()
    expect([heard, client.channels.channels, client.state.status]).toEqual([[], [], 'closed'])
    open[0]?.()
    await settle()
    expect(heard).toEqual([1, 'channels', 'closed'])
    expect(client.channels.channels).toEqual(['a'])
  })

  it('has what a life leaves behind brought again by the next, and told once', async () => {
    const { slow, open } = createSlowSchema()
    const { client, heard, newest } = connect({ slow })
    client.on('slow', (data) => heard.push(data))
    newest().send('slow', '1', '1')
    newest().send('sse.gap', '{"reason":"trimmed","requested":"0"}', '2')
    newest().send('sse.close', '{"reconnect":false}', '3')
    client.connect()
    open[0]?.()
    await settle()
    expect(heard).toEqual([])
    expect(newest().url.searchParams.get('lastEventId')).toBeNull()
  })

  it('does not let a cursor be kept that is ahead of what was told', async () => {
    const { slow, open } = createSlowSchema()
    const kept = new Map<string, string>()
    const persist = { getItem: () => null, setItem: (key: string, value: string) => kept.set(key, value) }
    const { EventSource, sources } = scriptEventSource()
    const client = createSseClient('http://a.example/', { EventSource, persist, events: { slow } })
    client.on('slow', () => {})
    client.connect()
    sources[0]?.open()
    sources[0]?.send('slow', '1', '1')
    expect([...kept.values()]).toEqual([])
    open[0]?.()
    await settle()
    expect([...kept.values()]).toEqual(['1'])
    client.close()
  })

  it('loses nothing when the connection is replaced meanwhile', async () => {
    const { slow, open } = createSlowSchema()
    const { client, heard, newest } = connect({ slow })
    client.on('slow', (data) => heard.push(data))
    newest().send('slow', '1', '1')
    client.reconnect()
    expect(newest().url.searchParams.get('lastEventId')).toBe('1')
    open[0]?.()
    await settle()
    expect(heard).toEqual([1])
  })

  it('keeps the order whatever order verdicts come in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }), async (delays) => {
        const later = schema<unknown>(async (value) => {
          for (let n = delays[value as number] ?? 0; n > 0; n--) await null
          return { value }
        })
        const { client, heard, newest } = connect({ later })
        client.on('later', (data) => heard.push(data))
        delays.forEach((_, n) => {
          newest().send('later', String(n), String(n + 1))
        })
        await settle()
        expect(heard).toEqual(delays.map((_, n) => n))
        client.close()
      }),
      { numRuns: 50 },
    )
  })
})
