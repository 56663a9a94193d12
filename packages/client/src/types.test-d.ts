import { describe, expectTypeOf, it } from 'vitest'
import { createSseClient, type SseMeta, type SseOpen, type SseState, type StandardSchema } from './index.ts'
import { iterate } from './iterate/index.ts'

interface Events {
  notification: { title: string }
  tick: number
}

const client = createSseClient<Events>('http://localhost')

describe('typed events', () => {
  it('give listeners their data', () => {
    client.on('notification', (data, meta) => {
      expectTypeOf(data).toEqualTypeOf<{ title: string }>()
      expectTypeOf(meta).toEqualTypeOf<SseMeta>()
    })
    client.on('tick', (data) => expectTypeOf(data).toEqualTypeOf<number>())
    client.on('sse.state', (data) => expectTypeOf(data).toEqualTypeOf<SseState>())
    client.on('sse.open', (data) => expectTypeOf(data).toEqualTypeOf<SseOpen>())
    client.on('sse.stale', (data) => expectTypeOf(data).toEqualTypeOf<boolean>())
  })

  it('refuse names and data that are not theirs', () => {
    // @ts-expect-error no such event
    client.on('notificatoin', () => {})
    // @ts-expect-error a tick is a number
    client.on('tick', (data: string) => data)
    // @ts-expect-error rules are for events there are
    createSseClient<Events>('http://localhost', { parse: { tock: 'text' } })
    createSseClient<Events>('http://localhost', { parse: { tick: 'text' } })
  })
})

it('a resync returns a position, or nothing', () => {
  createSseClient('http://localhost', {
    resync: async ({ reason, signal }) => {
      expectTypeOf(reason).toEqualTypeOf<'open' | 'gap'>()
      await fetch('/list', { signal })
      return 'e-1'
    },
  })
  createSseClient('http://localhost', { resync() {} })
  expectTypeOf(client.reached('e-1')).toEqualTypeOf<Promise<void>>()
})

describe('untyped events', () => {
  it('have data of unknown type, and the own events theirs', () => {
    const untyped = createSseClient('http://localhost')
    untyped.on('anything', (data) => expectTypeOf(data).toBeUnknown())
    untyped.on('sse.open', (data) => expectTypeOf(data).toEqualTypeOf<SseOpen>())
  })
})

it('takes the EventSource of a browser, and the one of the package', async () => {
  createSseClient('http://localhost', { EventSource })
  createSseClient('http://localhost', { EventSource: (await import('eventsource')).EventSource })
})

describe('schemas', () => {
  const tick = {} as StandardSchema<string, { n: number }>

  it('type the events by their output', () => {
    const typed = createSseClient('http://localhost', { events: { tick } })
    typed.on('tick', (data) => expectTypeOf(data).toEqualTypeOf<{ n: number }>())
    typed.on('sse.open', (data) => expectTypeOf(data).toEqualTypeOf<SseOpen>())
    // @ts-expect-error no such event
    typed.on('tock', () => {})
  })
})

describe('iterating', () => {
  it('types data by the name', () => {
    const events = iterate(client, ['notification', 'tick', 'sse.gap'])
    type Item = typeof events extends AsyncIterableIterator<infer T> ? T : never
    expectTypeOf<Extract<Item, { event: 'tick' }>['data']>().toEqualTypeOf<number>()
    expectTypeOf<Extract<Item, { event: 'notification' }>['data']>().toEqualTypeOf<{ title: string }>()
    // @ts-expect-error no such event
    iterate(client, 'tock')
  })
})
