import { describe, expectTypeOf, it } from 'vitest'
import { createApp } from 'vue'
import type { OPTIONS } from './development/check-options.ts'
import {
  createSse,
  type Sse,
  type SseMeta,
  type SseOptions,
  type SsePresence,
  type SseStoreRecords,
  useSse,
  useSseEvent,
} from './index.ts'

interface Events {
  notification: { title: string }
  tick: number
}

describe('a mapping', () => {
  it('is typed by the events', () => {
    createSse<Events>({
      url: '/events',
      events: {
        notification: ['notifications/add', { commit: 'notifications/addMany', batch: true }],
        tick: (data, meta) => {
          expectTypeOf(data).toEqualTypeOf<number>()
          expectTypeOf(meta).toEqualTypeOf<SseMeta>()
        },
      },
      resync: { dispatch: 'notifications/load' },
    })
  })

  it('refuses names and data that are not of the events', () => {
    // @ts-expect-error no such event
    createSse<Events>({ url: '/events', events: { notificatoin: 'notifications/add' } })
    // @ts-expect-error a tick is a number
    createSse<Events>({ url: '/events', events: { tick: (data: string) => data } })
    // @ts-expect-error a target is a mutation or an action
    createSse<Events>({ url: '/events', events: { tick: { mutate: 'clock/tick' } } })
    // @ts-expect-error a resync is an action or a function
    createSse<Events>({ url: '/events', resync: 'notifications/load' })
  })

  it('takes the records and the members of channels', () => {
    createSse<Events>({
      url: '/events',
      records: {
        prices: ['prices/replace', (prices: SseStoreRecords<number>) => prices.records['a']],
        orders: { dispatch: 'orders/replace' },
      },
      presence: { room: (room: SsePresence<string>) => room.members?.map(({ info }) => info) },
    })
    // @ts-expect-error all records come at once
    createSse<Events>({ url: '/events', records: { prices: { commit: 'prices/replace', batch: true } } })
  })

  it('takes any events where none are named', () => {
    createSse({ url: '/events', events: { anything: (data) => expectTypeOf(data).toBeUnknown() } })
  })
})

it('is a plugin for an app', () => {
  createApp({}).use(createSse<Events>({ url: '/events' }))
})

describe('components', () => {
  it('have the state and the actions', () => {
    const sse = useSse<Events>()
    expectTypeOf(sse.received).toBeNumber()
    sse.on('tick', (data) => expectTypeOf(data).toBeNumber())
    // @ts-expect-error the state is the store's
    sse.received = 1
    useSseEvent('anything', (data) => expectTypeOf(data).toBeUnknown())
    expectTypeOf(createApp({}).config.globalProperties.$sse).toEqualTypeOf<Sse>()
  })
})

it('checks the names of all options', () => {
  expectTypeOf<keyof SseOptions<Record<string, unknown>>>().toExtend<(typeof OPTIONS)[number]>()
})
