import type { Response } from 'express'
import { assertType, describe, expectTypeOf, it } from 'vitest'
import { channels, createHub, type Hub, type SseStream, type StandardSchema, sse } from './index.ts'

interface Events {
  notification: { title: string }
  tick: { now: number }
}

/** What is registered holds for the whole program, the other tests included: they send events without a name. */
interface WithMessage extends Events {
  message: unknown
}

declare module './index.ts' {
  interface Register {
    events: WithMessage
  }
}

describe('res.sse', () => {
  it('is typed by the registered events', () => {
    expectTypeOf<Response['sse']>().toEqualTypeOf<SseStream<WithMessage>>()
    const { sse: stream } = {} as Response
    assertType<boolean>(stream.send({ title: 'Hi' }, { event: 'notification' }))
    assertType<boolean>(stream.send({ now: 3 }, { event: 'tick' }))
    assertType<boolean>(stream.send({ anything: true }))
    // @ts-expect-error a payload of another event
    stream.send({ title: 'Hi' }, { event: 'tick' })
    // @ts-expect-error no event of this name
    stream.send(1, { event: 'tock' })
  })

  it('takes an event without a name only if the map has message', () => {
    const stream = {} as SseStream<Events>
    // @ts-expect-error the map has no message: the event needs a name
    stream.send({ anything: true })
    // @ts-expect-error the map has no message
    void stream.from(['a'])
  })
})

describe('createHub', () => {
  it('takes an event map for what is published', () => {
    const hub = createHub<Events>()
    assertType<Promise<{ id: string; duplicate: boolean }>>(
      hub.publish('news', { now: 1 }, { event: 'tick' }),
    )
    // @ts-expect-error a payload of another event
    hub.publish('news', 'x', { event: 'tick' })
    // @ts-expect-error no event of this name
    hub.publish(['news'], 1, { event: 'tock' })
    // @ts-expect-error the map has no message: the event needs a name
    hub.publish('news', { now: 1 })
    // @ts-expect-error the map has no message: the event needs a name
    hub.publish('news', { now: 1 }, { idempotencyKey: 'k' })
    createHub<Events & { message: string }>().publish('news', 'text', { idempotencyKey: 'k' })
    assertType(sse({ hub }))
  })

  it('takes schemas: publish takes what goes in, the streams carry what comes out', () => {
    const hub = createHub({ events: { tick: {} as StandardSchema<{ at: string }, { at: Date }> } })
    expectTypeOf(hub).toEqualTypeOf<Hub<{ tick: { at: Date } }, { tick: { at: string } }>>()
    assertType(hub.publish('news', { at: '2026-11-21' }, { event: 'tick' }))
    // @ts-expect-error what comes out of the schema, not what goes in
    hub.publish('news', { at: new Date() }, { event: 'tick' })
    // @ts-expect-error no event of this name
    hub.publish('news', 1, { event: 'tock' })
    expectTypeOf([...hub.streams][0]!).toEqualTypeOf<SseStream<{ tick: { at: Date } }>>()
    assertType(sse({ hub }))
    assertType(channels(hub))
  })

  it('without a map takes any event', () => {
    const hub = createHub()
    assertType<Promise<{ id: string }>>(
      hub.publish('news', { any: 1 }, { event: 'thing', idempotencyKey: 'k' }),
    )
  })
})

describe('sse', () => {
  it('takes what a request tells', () => {
    assertType(
      sse({
        key: (request) => request.get('X-User'),
        authorize: async (request, channel) => channel === request.ip,
        origins: ['https://app.example'],
        retry: [1000, 5000],
        limits: { streams: 10_000, perKey: 6, channels: 64, rate: 500 },
      }),
    )
    // @ts-expect-error authorize answers yes or no
    sse({ authorize: () => 'yes' })
    // @ts-expect-error no limit of this name
    sse({ limits: { connections: 1 } })
  })
})

describe('sse', () => {
  it('takes undefined for every option, also with exactOptionalPropertyTypes', () => {
    const nothing = undefined as undefined
    const limits = {
      streams: nothing,
      perKey: nothing,
      channels: nothing,
      rate: nothing,
      perKeyRate: nothing,
    }
    assertType(sse({ hub: nothing, key: nothing, authorize: nothing, origins: nothing, retry: nothing }))
    assertType(sse({ stall: nothing, maxUnread: nothing, limits }))
    assertType(sse({ limits: nothing }))
  })

  it('takes origins of all kinds', () => {
    assertType(sse({ origins: ['https://app.example', (origin, request) => origin === request.hostname] }))
    // @ts-expect-error a promise is no permission
    sse({ origins: async () => true })
  })

  it('makes a middleware that can be closed', () => {
    expectTypeOf(sse().close).returns.toEqualTypeOf<Promise<void>>()
  })
})
