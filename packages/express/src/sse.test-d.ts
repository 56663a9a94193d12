import type { Response } from 'express'
import { assertType, describe, expectTypeOf, it } from 'vitest'
import { createHub, type SseStream, sse } from './index.ts'

interface Events {
  notification: { title: string }
  tick: { now: number }
}

declare module './index.ts' {
  interface Register {
    events: Events
  }
}

describe('res.sse', () => {
  it('is typed by the registered events', () => {
    expectTypeOf<Response['sse']>().toEqualTypeOf<SseStream<Events>>()
    const { sse: stream } = {} as Response
    assertType<boolean>(stream.send({ title: 'Hi' }, { event: 'notification' }))
    assertType<boolean>(stream.send({ now: 3 }, { event: 'tick' }))
    assertType<boolean>(stream.send({ anything: true }))
    // @ts-expect-error a payload of another event
    stream.send({ title: 'Hi' }, { event: 'tick' })
    // @ts-expect-error no event of this name
    stream.send(1, { event: 'tock' })
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
    assertType(sse({ hub }))
  })

  it('without a map takes any event', () => {
    const hub = createHub()
    assertType<Promise<{ id: string }>>(
      hub.publish('news', { any: 1 }, { event: 'thing', idempotencyKey: 'k' }),
    )
  })
})
