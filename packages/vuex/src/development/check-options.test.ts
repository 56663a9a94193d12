import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSse } from '../index.ts'

/** What untyped code may give. */
const create = createSse as (options?: unknown) => unknown
const url = '/events'
const refusal = (message: string | RegExp, value: unknown) =>
  expect.objectContaining({
    ...{ name: 'SseError', code: 'invalid-option', value },
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  })

describe('createSse refuses in development', () => {
  it.each<[given: unknown, message: string | RegExp, value: unknown]>([
    [undefined, "takes an object, not undefined. Write createSse({ url: '/events' })", undefined],
    [null, 'takes an object, not null', null],
    ['/events', 'takes an object, not "/events"', '/events'],
    [{}, "url cannot be undefined. Write the address of the stream: `url: '/events'`", undefined],
    [{ url: '' }, 'url cannot be ""', ''],
    [{ url: null }, 'url cannot be null', null],
    [{ url, namespace: '' }, 'namespace cannot be ""', ''],
    [{ url, namespace: 7 }, 'namespace cannot be 7', 7],
    [{ url, batch: 'yes' }, 'batch cannot be "yes". Write `true` or `false`', 'yes'],
    [{ url, freeze: 1 }, 'freeze cannot be 1', 1],
    [{ url, keep: -1 }, 'keep cannot be -1. Write how many', -1],
    [{ url, keep: Number.NaN }, 'keep cannot be NaN', Number.NaN],
    [{ url, channels: 'news' }, 'channels cannot be "news". Write a list', 'news'],
    [{ url, parse: 'yaml' }, `parse cannot be "yaml". Write 'json', 'text', a function`, 'yaml'],
    [{ url, parse: { note: 'yaml' } }, 'parse cannot be an object', { note: 'yaml' }],
    [{ url, refresh: true }, 'refresh cannot be true', true],
    [{ url, onError: 'log' }, 'onError cannot be "log"', 'log'],
    [{ url, events: ['notes/add'] }, 'events cannot be a list', ['notes/add']],
    [{ url, events: null }, 'events cannot be null', null],
    [{ url, resync: true }, "resync cannot be true. Write `{ dispatch: 'notes/load' }`", true],
    [{ url, resync: 'notes/load' }, 'resync cannot be "notes/load"', 'notes/load'],
    [{ url, resync: null }, 'resync cannot be null', null],
    [{ url, resync: {} }, 'resync needs exactly one of dispatch', {}],
    [{ url, resync: { dispatch: '' } }, 'resync.dispatch cannot be ""', ''],
    [{ url, resync: { commit: 'notes/load' } }, 'resync.commit is not an option', 'commit'],
  ])('%j', (given, message, value) => {
    expect(() => create(given)).toThrow(refusal(message, value))
  })

  it.each<[target: unknown, message: string | RegExp, value: unknown]>([
    [null, "events.note cannot be null. Write the name of a mutation, { dispatch: 'notes/add' }", null],
    [7, 'events.note cannot be 7', 7],
    ['', 'events.note cannot be ""', ''],
    [['notes/add', null], 'events.note cannot be null', null],
    [[['notes/add']], 'events.note cannot be a list', ['notes/add']],
    [{}, 'events.note needs exactly one of commit, dispatch, run', {}],
    [{ comit: 'notes/add' }, 'events.note.comit is not an option. Did you mean events.note.commit?', 'comit'],
    [{ mutation: 'notes/add' }, 'The options are commit, dispatch, run, batch', 'mutation'],
    [
      { commit: 'a', dispatch: 'b' },
      'needs exactly one of commit, dispatch, run',
      { commit: 'a', dispatch: 'b' },
    ],
    [{ commit: null }, 'events.note.commit cannot be null. Write a name', null],
    [{ dispatch: () => {} }, 'events.note.dispatch cannot be a function. Write a name', expect.any(Function)],
    [{ run: 'notes/add' }, 'events.note.run cannot be "notes/add". Write a function', 'notes/add'],
    [{ commit: 'notes/add', batch: 1 }, 'events.note.batch cannot be 1', 1],
  ])('the target %j', (target, message, value) => {
    expect(() => create({ url, events: { note: target } })).toThrow(refusal(message, value))
  })

  it.each([
    ['resinc', 'resync'],
    ['resycn', 'resync'],
    ['event', 'events'],
    ['URL', 'url'],
    ['lasteventid', 'lastEventId'],
    ['withCredential', 'withCredentials'],
    ['eventSource', 'EventSource'],
    ['nameSpace', 'namespace'],
  ])('the name %s, and says that %s was meant', (name, meant) => {
    expect(() => create({ url, [name]: true })).toThrow(
      refusal(`${name} is not an option. Did you mean ${meant}?`, name),
    )
  })

  it('a name that resembles none, and says which there are', () => {
    expect(() => create({ url, transports: [] })).toThrow(
      refusal(/The options are url, events,/, 'transports'),
    )
  })

  it.each([
    ['connect', true, "It belongs to @sse/vue and @sse/pinia. Connect with store.dispatch('sse/connect')"],
    ['hydrate', { lists: {} }, 'Here the state of the store has the position of the page'],
    ['stream', 'prices', 'Did you mean namespace?'],
    ['name', 'prices', 'Did you mean namespace?'],
  ])('%s, which belongs elsewhere', (name, value, way) => {
    expect(() => create({ url, [name]: value })).toThrow(refusal(`${name} is not an option. `, name))
    expect(() => create({ url, [name]: value })).toThrow(way)
  })

  it.each<[by: string, given: object]>([
    ["plugins: [createSse({ url: '/events' })]", { commit() {}, dispatch() {}, registerModule() {}, url }],
    ["app.use(createSse({ url: '/events' }))", { use() {}, mixin() {}, directive() {} }],
    [
      "Vue.use(createSse({ url: '/events' }))",
      Object.assign(() => {}, { use() {}, mixin() {}, directive() {} }),
    ],
  ])('what gets createSse itself, and says to write %s', (call, given) => {
    expect(() => create(given)).toThrow(
      refusal(`createSse needs a call before it is a plugin. Write ${call}`, given),
    )
  })

  it('events of the client itself, and says how to hear them', () => {
    expect(() => create({ url, events: { 'sse.open': 'notes/add' } })).toThrow(
      refusal("Listen for it with useSseEvent('sse.open', …)", 'sse.open'),
    )
  })
})

describe('createSse takes', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('every form of every option', () => {
    const events = {
      ...{ a: 'a', b: { commit: 'b' }, c: { dispatch: 'c', batch: true }, d: () => {}, none: [] },
      ...{ e: { run: () => {}, batch: true }, f: ['a', { commit: 'b', batch: undefined }], g: undefined },
    }
    const forms = { url: [url, new URL('http://events.example/'), () => url], events: [events] }
    const more = {
      resync: [false, () => {}, { dispatch: 'load' }, undefined],
      parse: ['json', 'text', () => {}, { note: 'text', task: undefined }],
      ...{ keep: [0, 10], batch: [true, false], channels: [[], ['news']], namespace: ['prices'] },
    }
    for (const [name, values] of Object.entries({ ...forms, ...more })) {
      for (const value of values) expect(create({ url, [name]: value })).toBeTypeOf('function')
    }
  })

  it('names with no value, and does not look at what is inherited', () => {
    expect(create(Object.assign(Object.create({ inherited: 1 }), { url, unknown: undefined }))).toBeTypeOf(
      'function',
    )
  })

  it('in production whatever has a url: there a missing one is the only mistake that development may not show', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(create({ url, resinc: true })).toBeTypeOf('function')
    for (const given of [undefined, null, {}, { url: undefined }]) {
      expect(() => create(given)).toThrow(refusal("createSse({ url: '/events' })", given))
    }
  })
})
