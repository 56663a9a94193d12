import { defineStore } from 'pinia'
import { describe, expectTypeOf, it } from 'vitest'
import { ref } from 'vue'
import {
  type ActionFor,
  createSse,
  type SseEvents,
  type SsePresence,
  type SseResyncCause,
  type SseStoreRecords,
  useSseEvent,
} from './index.ts'

interface Notification {
  id: number
  title: string
}

interface Events {
  notification: Notification
  tick: number
  nothing: null
}

const stateOf = () => ({ list: [] as Notification[] })

describe('an option store', () => {
  it('takes its own actions, and keeps the type of `this` in them', () => {
    const useStore = defineStore('a', {
      state: stateOf,
      getters: {
        count(): number {
          return this.list.length
        },
      },
      actions: {
        add(notification: Notification) {
          this.list.push(notification)
          expectTypeOf(this.list).toEqualTypeOf<Notification[]>()
        },
        addMany(notifications: Notification[]) {
          for (const notification of notifications) this.add(notification)
        },
        tick(_time: number) {
          return this.count
        },
        async load({ reason, signal }: SseResyncCause) {
          await fetch('/', { signal })
          this.add({ id: 1, title: reason })
          return 'e-1'
        },
      },
      sse: {
        events: {
          notification: 'add',
          tick: { action: 'tick' },
          many: { action: 'addMany', batch: true },
        },
        resync: 'load',
      },
    })
    expectTypeOf(useStore().load).returns.resolves.toBeString()
    expectTypeOf(useStore().count).toBeNumber()
  })

  it('takes the records and the members of channels', () => {
    defineStore('prices', {
      state: () => ({ all: {} as Readonly<Record<string, number>> }),
      actions: {
        replace({ records }: SseStoreRecords<number>) {
          this.all = records
        },
        setMembers(_room: SsePresence<{ name: string }>) {},
        other(_text: string) {},
      },
      sse: { records: { prices: 'replace' }, presence: { room: { action: 'setMembers' } } },
    })
    const options = { state: stateOf, actions: { other(_text: string) {} } }
    // @ts-expect-error an action that takes a text
    defineStore('wrong', { ...options, sse: { records: { prices: 'other' } } })
    // @ts-expect-error no such action
    defineStore('wrong', { ...options, sse: { presence: { room: 'nowhere' } } })
  })

  it('refuses what is not one of its actions', () => {
    const actions = {
      add(this: { list: Notification[] }, notification: Notification) {
        this.list.push(notification)
      },
      load: async () => 'e-1',
      tick: (_time: number) => {},
    }
    const getters = { count: (state: { list: unknown[] }) => state.list.length }
    const options = { state: stateOf, getters, actions }
    defineStore('a', { ...options, sse: { resync: false } })
    // @ts-expect-error no such action
    defineStore('a', { ...options, sse: { events: { notification: 'ad' } } })
    // @ts-expect-error state is no action
    defineStore('a', { ...options, sse: { events: { notification: 'list' } } })
    // @ts-expect-error a getter is no action
    defineStore('a', { ...options, sse: { events: { notification: 'count' } } })
    // @ts-expect-error Pinia's own methods are no actions
    defineStore('a', { ...options, sse: { events: { nothing: '$reset' } } })
    // @ts-expect-error no such action
    defineStore('a', { ...options, sse: { resync: 'lod' } })
    // @ts-expect-error an action that loads receives the cause
    defineStore('a', { ...options, sse: { resync: 'tick' } })
    // @ts-expect-error no such option
    defineStore('a', { ...options, sse: { resinc: 'load' } })
    // @ts-expect-error no such kind of mapping
    defineStore('a', { ...options, sse: { events: { notification: { dispatch: 'add' } } } })
  })
})

describe('a setup store', () => {
  function setup() {
    const list = ref<Notification[]>([])
    const add = (notification: Notification) => void list.value.push(notification)
    const load = async () => 'e-1'
    return { list, add, load }
  }

  it('is typed likewise, by the third argument', () => {
    const useStore = defineStore('b', setup, { sse: { events: { notification: 'add' }, resync: 'load' } })
    expectTypeOf(useStore().list).toEqualTypeOf<Notification[]>()
    // @ts-expect-error no such action
    defineStore('b', setup, { sse: { events: { notification: 'ad' } } })
    // @ts-expect-error state is no action
    defineStore('b', setup, { sse: { events: { notification: 'list' } } })
    // @ts-expect-error no such action
    defineStore('b', setup, { sse: { resync: 'lod' } })
  })
})

interface Store {
  readonly list: Notification[]
  add(notification: Notification): void
  addMany(notifications: Notification[]): Promise<number>
  tick(time: number, isQuiet?: boolean): void
  clear(): void
  both(notification: Notification, other: string): void
  $reset(): void
}

/** Registered events have these types. That they are registered is tested where nothing else is (`resolution.test.ts`). */
describe('a mapping', () => {
  it('takes the actions that take the data of the event', () => {
    expectTypeOf<ActionFor<Store, Notification>>().toEqualTypeOf<'add' | 'clear'>()
    expectTypeOf<ActionFor<Store, Notification[]>>().toEqualTypeOf<'addMany' | 'clear'>()
    expectTypeOf<ActionFor<Store, number>>().toEqualTypeOf<'tick' | 'clear'>()
  })

  it('refuses what is no event, or not for its data', () => {
    const accept = (_: SseEvents<Store, Events>) => {}
    accept({ notification: 'add', tick: { action: 'tick' }, nothing: 'clear' })
    accept({ notification: { action: 'addMany', batch: true } })
    // @ts-expect-error no such event
    accept({ notificatoin: 'add' })
    // @ts-expect-error this action takes a notification
    accept({ tick: 'add' })
    // @ts-expect-error a batch is an array
    accept({ notification: { action: 'add', batch: true } })
    // @ts-expect-error without `batch` there is one event
    accept({ notification: { action: 'addMany' } })
    // @ts-expect-error an action receives one argument
    accept({ notification: 'both' })
  })
})

describe('the object', () => {
  it('is a plugin for Pinia, and what it is in @sse/vue', () => {
    const sse = createSse<Events>({ url: '/events' })
    expectTypeOf(sse).toBeCallableWith({} as never)
    expectTypeOf(sse.status).toEqualTypeOf<'idle' | 'connecting' | 'open' | 'waiting' | 'closed'>()
    expectTypeOf(sse.reached('e-1')).resolves.toBeVoid()
    sse.on('tick', (time) => expectTypeOf(time).toBeNumber())
    createSse({ use: sse })
    // @ts-expect-error mappings are for the stores
    createSse<Events>({ url: '/events', events: {} })
    useSseEvent('sse.gap', ({ reason }) => expectTypeOf(reason).not.toBeAny())
  })
})
