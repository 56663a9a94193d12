import { scriptEventSource } from '@sse/client/testing'
import { describe, expect, it, vi } from 'vitest'
import { warnOfSilence } from '../src/development/warnings.ts'
import {
  type AppLike,
  createSse,
  type SseList,
  usePresence,
  useSse,
  useSseChannel,
  useSseEvent,
  useSseList,
  useSseRecords,
} from '../src/index.ts'
import { pagesOfTests, type VueKit } from './suite.ts'

const url = 'http://events.example/events'

/** What untyped code may give. */
const create = createSse as (options?: unknown) => unknown
const list = useSseList as (options?: unknown) => SseList<unknown>
const listen = useSseEvent as (...given: unknown[]) => void
const channels = { useSseChannel, useSseRecords, usePresence } as unknown as Record<
  string,
  (...given: unknown[]) => unknown
>

/** Lets promises that are settled run on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await null
}

/** What development says of mistakes that would pass silently. One suite for Vue 3 and 2.7. */
export function describeMistakes({ mount, h }: VueKit): void {
  const pages = pagesOfTests()

  /** A page whose root has this `setup`, on an open stream. */
  function show(setup: () => void, options: object = {}) {
    const { EventSource, sources } = scriptEventSource()
    const onError = vi.fn()
    const sse = createSse({ url, EventSource, batch: false, onError, ...options })
    const component = {
      setup() {
        setup()
        return () => h('p')
      },
    }
    pages.push(mount(component, sse))
    const source = sources[0]!
    source.open()
    source.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":null}', 'e-0')
    return { onError, source, sse }
  }

  /** A list of notes that loads what the test says. */
  function showList(load: () => unknown, options: object = {}) {
    let shown: SseList<unknown> | undefined
    const bed = show(() => {
      shown = list({ key: 'uuid', load, events: { note: 'put', removed: 'remove' }, ...options })
    })
    return { ...bed, list: shown! }
  }

  describe('useSseList refuses', () => {
    const right = { key: 'id', load: () => [], events: { note: 'put' } }

    it.each<[given: unknown, message: string]>([
      [undefined, 'useSseList() takes an object, not undefined. Write useSseList({ key: '],
      [{ ...right, key: undefined }, 'useSseList: key cannot be undefined. Write the property whose value'],
      [{ ...right, key: 7 }, 'useSseList: key cannot be 7. Write the property'],
      [{ ...right, load: undefined }, 'useSseList: load cannot be undefined. Write a function that gives'],
      [{ ...right, load: '/notes' }, 'useSseList: load cannot be "/notes". Write a function'],
      [{ ...right, events: undefined }, 'useSseList: events cannot be undefined. Write what each event does'],
      [{ ...right, events: ['note'] }, 'useSseList: events cannot be a list. Write what each event does'],
      [{ ...right, events: { 'sse.open': 'put' } }, "Listen for it with useSseEvent('sse.open', …)"],
      [{ ...right, sort: 'id' }, 'useSseList: sort cannot be "id". Write a function that compares'],
      [{ ...right, filter: true }, 'useSseList: filter cannot be true. Write a function'],
      [{ ...right, name: 7 }, 'useSseList: name cannot be 7. Write the name'],
      [{ ...right, channel: ['a'] }, 'useSseList: a channel cannot be a list. Call useSseList once for each'],
      [{ ...right, stream: {} }, 'useSseList: the stream cannot be an object. Write its `namespace`'],
      [{ ...right, sortBy: 'id' }, 'useSseList: sortBy is not an option. Did you mean sort?'],
      [{ ...right, channels: ['a'] }, 'useSseList: channels is not an option. Did you mean channel?'],
      [{ ...right, namespace: 'prices' }, 'useSseList: namespace is not an option. Did you mean stream?'],
      [{ ...right, resync() {} }, 'useSseList: resync is not an option. Did you mean load?'],
      [{ ...right, url }, 'useSseList: url is not an option. It belongs to createSse()'],
      [{ ...right, page: 1 }, 'useSseList: page is not an option. The options are key, load, events,'],
    ])('%j', (given, message) => {
      expect(() => list(given)).toThrow(message)
    })
  })

  describe('a list tells of', () => {
    it('a load without its key, and shows nothing of it', async () => {
      const { list, onError } = showList(() => [{ id: 1, text: 'one' }, { id: 2 }], { name: 'notes' })
      await settled()
      const error = expect.objectContaining({
        ...{ code: 'invalid-option', value: { id: 1, text: 'one' } },
        message:
          'useSseList: an item of the list "notes" has no "uuid": {"id":1,"text":"one"}. The `key` gives each item a text or a number of its own',
      })
      expect(onError.mock.calls).toEqual([[error, { event: 'sse.open' }]])
      expect([list.items.value, list.error.value, list.stale.value]).toEqual([[], error, true])
    })

    it('events and changes of the app without its key', async () => {
      const { list, onError, source } = showList(() => [])
      await settled()
      source.send('note', '{"id":1}', 'e-1')
      source.send('removed', '{"id":1}', 'e-2')
      source.send('note', 'null', 'e-3')
      const told = (item: string) => `an item of the list "note,removed" has no "uuid": ${item}`
      expect(onError.mock.calls.map(([{ message }, { event }]) => [message, event])).toEqual([
        [expect.stringContaining(told('{"id":1}')), 'note'],
        [expect.stringContaining(told('{"id":1}')), 'removed'],
        [expect.stringContaining(told('null')), 'note'],
      ])
      expect(() => list.put({ id: 1 })).toThrow(told('{"id":1}'))
      expect(list.items.value).toEqual([])
    })

    it.each<[key: unknown, item: unknown, message: string]>([
      [() => undefined, { id: 1 }, 'has no key: {"id":1}'],
      [({ id }: { id: unknown }) => Number(id), { id: 'a' }, 'has NaN as key: {"id":"a"}'],
      ['id', { id: { of: 1 } }, 'has an object as "id": {"id":{"of":1}}'],
      ['id', { id: null }, 'has no "id": {"id":null}'],
    ])('a key %s that tells nothing apart', async (key, item, message) => {
      const { onError } = showList(() => [item], { key })
      await settled()
      expect(onError.mock.calls.map(([error]) => String(error))).toEqual([expect.stringContaining(message)])
    })

    it('items of a load that share a key', async () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      const items = ['a', 'b', 'a'].map((topic, id) => ({ topic, id }))
      const { list, onError } = showList(() => ({ items, position: 'e-0' }), { key: 'topic' })
      await settled()
      expect(warn.mock.calls).toEqual([
        [
          '[@sse/vue] load of the list "note,removed" gave several items with the same key "a", and shows the last of them. Is `key` right?',
        ],
      ])
      expect([list.items.value.length, onError.mock.calls]).toEqual([2, []])
    })

    it('items where a key belongs', async () => {
      const events = { gone: (item: never, { remove }: SseList<unknown>) => remove(item) }
      const { list, onError, source } = showList(() => [{ uuid: 'a' }], { events })
      await settled()
      const told = 'useSseList: remove of the list "gone" takes the key of an item, not {"uuid":"a"}'
      source.send('gone', '{"uuid":"a"}', 'e-1')
      expect(onError.mock.calls.map(([{ message }]) => message)).toEqual([told])
      expect(() => list.remove({ uuid: 'a' } as never)).toThrow(told)
      expect(() => list.get({ uuid: 'a' } as never)).toThrow('get of the list "gone" takes the key')
      expect([list.get('a'), list.get(undefined as never)]).toEqual([{ uuid: 'a' }, undefined])
      list.remove('a')
      expect(list.items.value).toEqual([])
    })

    it.each<[loaded: unknown, gave: string]>([
      [{ notifications: [], cursor: 'e-1' }, 'an object with notifications, cursor'],
      [{ error: 'x' }, 'an object with error'],
      [{}, 'an object with nothing'],
      [undefined, 'undefined'],
      [null, 'null'],
      ['<!doctype html>', '"<!doctype html>"'],
      ['<'.repeat(500), `"${'<'.repeat(79)}`],
      [{ items: {} }, 'an object with items'],
    ])('a load that gives %j, and tries it again', async (loaded, gave) => {
      for (const environment of ['development', 'production']) {
        vi.stubEnv('NODE_ENV', environment)
        const answers = [loaded, [{ uuid: 'a' }]]
        const { list, onError } = showList(() => answers.shift(), { name: 'notification' })
        await settled()
        const error = expect.objectContaining({
          ...{ name: 'SseError', code: 'invalid-use', value: loaded },
          message:
            environment === 'production'
              ? '`load` gives an array, or { items, position }'
              : `load of the list "notification" gave ${gave}: give an array, or { items, position }`,
        })
        expect(onError.mock.calls).toEqual([[error, { event: 'sse.open' }]])
        expect([list.error.value, list.stale.value]).toEqual([error, true])
        vi.advanceTimersByTime(1000)
        await settled()
        expect([list.items.value, list.error.value, list.stale.value]).toEqual([
          [{ uuid: 'a' }],
          undefined,
          false,
        ])
      }
    })

    it('a position that is none', async () => {
      const { onError } = showList(() => ({ items: [], position: 41 }))
      await settled()
      expect(onError.mock.calls.map(([{ message }]) => message)).toEqual([
        'load of the list "note,removed" gave 41 as position: give the `hub.position` of the server',
      ])
    })
  })

  describe('the other composables refuse', () => {
    it.each<[given: unknown[], message: string]>([
      [
        ['note'],
        "useSseEvent: the handler of 'note' cannot be undefined. Write useSseEvent('note', (data) => …)",
      ],
      [['note', 'notes/add'], `useSseEvent: the handler of 'note' cannot be "notes/add". Write useSseEvent(`],
      [[() => {}], 'useSseEvent: the name of an event cannot be a function. Write useSseEvent('],
      [['', () => {}], 'useSseEvent: the name of an event cannot be "". Write useSseEvent('],
      [['sse.opened', () => {}], "useSseEvent: the client emits no 'sse.opened'. Did you mean 'sse.open'?"],
      [['sse.stale', () => {}], "useSseEvent: nothing emits 'sse.stale' here. Watch `stale` of useSse()"],
      [['sse.message', () => {}], "the client emits no 'sse.message'. Its events are sse.state, sse.open,"],
      [['note', () => {}, {}], 'useSseEvent: the stream cannot be an object. Write its `namespace`'],
    ])('useSseEvent of %j', (given, message) => {
      expect(() => listen(...given)).toThrow(message)
    })

    it.each(Object.keys(channels))('%s of something else than a channel', (name) => {
      const use = channels[name]!
      expect(() => use(['a', 'b'])).toThrow(`${name}: a channel cannot be a list. Call ${name} once for each`)
      expect(() => use(() => 7)).toThrow(
        `${name}: a channel cannot be 7. Write a name, a ref of it, or a function that gives it`,
      )
      expect(() => use({ name: 'a' })).toThrow(`${name}: a channel cannot be an object.`)
      expect(() => use('a', 7)).toThrow(`${name}: the stream cannot be 7. Write its \`namespace\``)
    })

    it('useSse of something else than a stream', () => {
      expect(() => useSse({} as never)).toThrow('useSse: the stream cannot be an object.')
    })

    it('`on` of the stream without a handler', () => {
      const { sse } = show(() => {})
      const on = sse.on as (...given: unknown[]) => void
      expect(() => on('note')).toThrow(
        "on: the handler of 'note' cannot be undefined. Write on('note', (data) => …)",
      )
      expect(() => useSse(sse).on('sse.gaps', () => {})).toThrow("Did you mean 'sse.gap'?")
    })

    it('`dehydrate` without an app', () => {
      const { dehydrate } = createSse({ url })
      expect(() => (dehydrate as () => unknown)()).toThrow(
        'dehydrate takes the app, or in Vue 2.7 the root instance',
      )
    })

    it('nothing that is right', () => {
      const faults: unknown[] = []
      const attempt = (use: () => unknown) => {
        try {
          use()
        } catch (error) {
          faults.push(error)
        }
      }
      const names = ['note', 'sse.state', 'sse.records:prices', 'sse.presence:a']
      const given = [undefined, null, '', 'a', () => 'a', () => undefined, () => false]
      const setup = () => {
        for (const name of names) attempt(() => listen(name, () => {}))
        for (const use of Object.values(channels)) for (const channel of given) attempt(() => use(channel))
        attempt(() => list(Object.freeze({ key: 'id', load: () => [], events: {} })))
        return () => h('p')
      }
      pages.push(mount({ setup }, createSse({ url, EventSource: scriptEventSource().EventSource })))
      expect(faults).toEqual([])
    })
  })

  describe('createSse', () => {
    const ofConnection = 'Give it to the stream whose connection this one uses'

    it.each<[given: object, message: string]>([
      [
        { url, events: { note: 'notes/add' } },
        'events is not an option. It belongs to @sse/vuex and @sse/pinia. Use useSseEvent or useSseList',
      ],
      [
        { url, records: {} },
        'records is not an option. It belongs to @sse/vuex and @sse/pinia. Use useSseRecords',
      ],
      [
        { url, presence: {} },
        'presence is not an option. It belongs to @sse/vuex and @sse/pinia. Use usePresence',
      ],
      [{ url, key: 'id' }, 'key is not an option. It belongs to useSseList()'],
      [{ url, name: 'prices' }, 'name is not an option. Did you mean namespace?'],
      [{ url, stream: 'prices' }, 'stream is not an option. Did you mean namespace?'],
      [{ url, toString: 1 }, 'toString is not an option. The options are url,'],
      [{ use: {}, channels: [] }, `channels is not an option. ${ofConnection}`],
      [{ use: {}, url }, `url is not an option. ${ofConnection}`],
    ])('tells of %j where it belongs', (given, message) => {
      expect(() => create(given)).toThrow(message)
    })

    it('tells who gives it to an app itself to call it', () => {
      const isVue2 = (app: AppLike) => typeof app === 'function'
      let call = ''
      const install = (app: AppLike) => {
        call = isVue2(app) ? 'Vue.use' : 'app.use'
        create(app)
      }
      expect(() => mount({ render: () => h('p') }, { install })).toThrow(
        /needs a call before it is a plugin\. Write/,
      )
      expect(() => mount({ render: () => h('p') }, { install })).toThrow(
        `${call}(createSse({ url: '/events' }))`,
      )
    })

    it.each(['development', 'production'])(
      'of one name twice throws before the app is mounted, in %s',
      (environment) => {
        vi.stubEnv('NODE_ENV', environment)
        const install = (app: AppLike) => createSse({ url }).install(app)
        expect(() => mount({ render: () => h('p') }, { install }, { install })).toThrow(
          "Two streams 'sse': rename one by `namespace`",
        )
      },
    )
  })

  describe('a page that shows nothing is told, once,', () => {
    const told = (warn: { mock: { calls: unknown[][] } }) => warn.mock.calls.map(([text]) => text)

    it('of an event whose name is nearly that of one that it listens for', () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      const { source } = show(() => void list({ key: 'id', load: () => [], events: { mesage: 'put' } }))
      for (const event of ['message', 'message']) source.send(event, '{"id":1}', '')
      expect(told(warn)).toEqual([
        `[@sse/vue] The stream ${url} received an event 'message', and the page listens for 'mesage': correct one of them`,
      ])
    })

    it('of data that cannot be read', () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      const { source } = show(() => void useSseEvent('note', () => {}), { parse: 'json' })
      for (let time = 0; time < 2; time++) source.send('note', '{oops', 'e-1')
      expect(told(warn)).toEqual([expect.stringMatching(/dropped an event 'note': .*JSON.*The data: {oops$/)])
    })

    it('of an answer after which the client does not try again', () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      const listeners = new Map<string, (state: object) => void>()
      const on = (event: string, listener: unknown) => {
        listeners.set(event, listener as (state: object) => void)
        return () => {}
      }
      warnOfSilence(on, () => '/event', undefined)
      for (const reason of ['closed', 'unauthorized', 'rejected', 'rejected'])
        listeners.get('sse.state')!({
          status: 'closed',
          reason,
          error: { message: 'The server answered 404' },
        })
      expect(told(warn)).toEqual([
        '[@sse/vue] The stream /event will not be tried again: The server answered 404. Correct the route, or show the state on the page',
      ])
    })
  })
}
