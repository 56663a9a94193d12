import { describe, expectTypeOf, it } from 'vitest'
import { createApp, type Ref } from 'vue'
import type { LIST_OPTIONS, OWN_EVENTS } from './development/check-composables.ts'
import type { OPTIONS } from './development/check-options.ts'
import {
  createSse,
  type SharedSseOptions,
  type SseClientEvents,
  type SseListOptions,
  type SseOptions,
  type SseStreamState,
  useSse,
  useSseChannel,
  useSseEvent,
  useSseList,
} from './index.ts'

interface Note {
  readonly id: number
  readonly text: string
}

interface Events {
  note: Note
  removed: number
  tick: string
}

describe('createSse', () => {
  it('takes the options of the client, and its own', () => {
    const sse = createSse<Events>({ url: '/events', resync: async ({ signal }) => signal.aborted, keep: 1 })
    createApp({}).use(sse)
    expectTypeOf(sse.status).toEqualTypeOf<SseStreamState['status']>()
    sse.on('note', (note) => expectTypeOf(note).toEqualTypeOf<Note>())
    // @ts-expect-error no such event
    sse.on('notte', () => {})
    // @ts-expect-error the state is the stream's
    sse.status = 'open'
    createSse({ use: sse, namespace: 'other' })
    // @ts-expect-error the connection is that of the other stream
    createSse({ use: sse, channels: ['a'] })
    // @ts-expect-error neither a url nor another stream
    createSse({ namespace: 'other' })
  })

  it('checks the names of all options', () => {
    type Names = keyof SseOptions<Events> | keyof SharedSseOptions
    expectTypeOf<Names>().toExtend<(typeof OPTIONS)[number]>()
    expectTypeOf<keyof SseListOptions<Note>>().toEqualTypeOf<(typeof LIST_OPTIONS)[number]>()
    // The client also emits pings, for the tab that leads a group.
    type OfClient = Exclude<keyof SseClientEvents, 'sse.stale'>
    expectTypeOf<OfClient | 'sse.ping'>().toEqualTypeOf<(typeof OWN_EVENTS)[number]>()
  })
})

describe('composables', () => {
  it('give refs of the state, and the methods', () => {
    const { status, received, reached, on } = useSse<Events>()
    expectTypeOf(status).toEqualTypeOf<Readonly<Ref<SseStreamState['status']>>>()
    expectTypeOf(received.value).toBeNumber()
    expectTypeOf(reached('e-1')).toEqualTypeOf<Promise<void>>()
    on('tick', (tick) => expectTypeOf(tick).toBeString())
    useSseEvent('anything', (data) => expectTypeOf(data).toBeUnknown())
    useSseChannel(() => undefined)
    // @ts-expect-error a channel is a text
    useSseChannel(7)
  })

  it('type a list by its items and by the data of its events', () => {
    const { items, put } = useSseList<Note, Events>({
      key: 'id',
      load: async () => ({ items: [{ id: 1, text: 'a' }], position: 'e-1' }),
      events: {
        note: 'put',
        removed: 'remove',
        tick: (tick, list) => {
          expectTypeOf(tick).toBeString()
          expectTypeOf(list.get(1)).toEqualTypeOf<Note | undefined>()
        },
      },
    })
    expectTypeOf(items.value).toEqualTypeOf<readonly Note[]>()
    // @ts-expect-error a note has a text
    put({ id: 1 })
    const load = () => []
    // @ts-expect-error a tick is no note
    useSseList<Note, Events>({ key: 'id', load, events: { tick: 'put' } })
    // @ts-expect-error no such event
    useSseList<Note, Events>({ key: 'id', load, events: { notte: 'put' } })
    // @ts-expect-error no such property
    useSseList<Note, Events>({ key: 'no', load, events: {} })
    // @ts-expect-error these are no notes
    useSseList<Note, Events>({ key: 'id', load: () => [1], events: {} })
  })
})
