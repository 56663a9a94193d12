// @vitest-environment jsdom
import { createTestClock, scriptEventSource } from '@sse/client/testing'
import { createBrowserModel } from '@sse/testbed/browser-model'
import { scriptLog } from '@sse/testbed/scripted-log'
import fc from 'fast-check'
import { beforeAll, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { createSse } from '../create-sse.ts'
import { loadParts } from '../load-parts.ts'
import type { SsePlugin } from '../types.ts'
import { type SseList, useSseList } from './use-sse-list.ts'

/** How many runs: the long form with SSE_FAULTS. Run a failing one again with SSE_SEED. */
const RUNS = Number(process.env['SSE_RUNS'] ?? (process.env['SSE_FAULTS'] ? 10_000 : 150))
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** The keys of the items. Few, so that items are often changed, deleted and added again. */
const KEYS = 4

interface Item {
  readonly id: number
  /** Which event wrote it: how many had been published before. */
  readonly by: number
}

type Step =
  | { readonly do: 'write' | 'delete'; readonly key: number }
  | { readonly do: 'trim' | 'restart' | 'ping' | 'wake' }
  /** On one of the streams, or in one of the tabs. */
  | { readonly do: 'deliver' | 'open' | 'lose' | 'reopen' | 'reconnect'; readonly which: number }
  /** A load reads the list as it was so many events ago, because a replica may lag behind. */
  | { readonly do: 'read'; readonly which: number; readonly lag: number }
  | { readonly do: 'answer'; readonly which: number; readonly isGood: boolean }
  /** The page shows another list, or one less. */
  | { readonly do: 'show' | 'hide'; readonly which: number }
  | { readonly do: 'reload'; readonly which: number }
  | { readonly do: 'advance'; readonly milliseconds: number }
  | { readonly do: 'failover'; readonly lost: number }
  | TabStep

type TabStep =
  /** Messages and locks of the tabs. */
  | { readonly do: 'relay'; readonly choices: readonly number[] }
  | { readonly do: 'openTab' | 'closeTab' | 'reloadTab'; readonly which: number }

const named = <Name extends Step['do']>(name: Name) => fc.constant(name)
const key = fc.nat(KEYS - 1)
const which = fc.nat(3)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: named('write'), key }) },
  { weight: 4, arbitrary: fc.record({ do: named('delete'), key }) },
  { weight: 10, arbitrary: fc.record({ do: named('deliver'), which }) },
  { weight: 5, arbitrary: fc.record({ do: named('open'), which }) },
  { weight: 5, arbitrary: fc.record({ do: named('read'), which, lag: fc.nat(4) }) },
  { weight: 5, arbitrary: fc.record({ do: named('answer'), which, isGood: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('show' as const, 'hide' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: named('reload'), which }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: named('advance'), milliseconds: fc.constantFrom(100, 1000, 31_000) }),
  },
  fc.record({ do: fc.constantFrom('lose' as const, 'reopen' as const, 'reconnect' as const), which }),
  fc.record({ do: named('failover'), lost: fc.nat(4) }),
  fc.constantFrom<Step[]>({ do: 'trim' }, { do: 'restart' }, { do: 'ping' }),
)

/** What happens to tabs that share a connection. */
const tabStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: step },
  {
    weight: 8,
    arbitrary: fc.record({
      do: named('relay'),
      choices: fc.array(fc.nat(5), { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('openTab' as const, 'closeTab' as const, 'reloadTab' as const),
      which,
    }),
  },
  fc.constant<Step>({ do: 'wake' }),
)

/** Lets promises that are settled run on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** The events of the list. */
interface Events {
  written: Item
  deleted: number
}

/** A load on its way, and what it has read. */
interface Load extends PromiseWithResolvers<void> {
  read?: {
    readonly items: Item[]
    readonly position: string
    readonly number: number
  }
  isOver: boolean
}

/** A list on the page. */
interface Shown {
  readonly sse: SsePlugin<Events>
  readonly list: SseList<Item>
  readonly loads: Load[]
  /** What it has loaded last. */
  loaded(): Load['read']
  readonly stop: () => void
}

/** A page: a tab, or the only one. */
interface Tab {
  readonly sse: SsePlugin<Events>
  readonly lists: Shown[]
  /** The newest event that it was told. */
  last: string
}

/**
 * A server with a list and a log, and pages that each have several lists on one connection, and a handler that loads nothing.
 *
 * @param share whether there are several pages, tabs of a browser that share their connection. Else there is one
 */
function createWorld(share: boolean) {
  const { EventSource, sources } = scriptEventSource()
  const browser = createBrowserModel('causal')
  const { apis } = browser.openTab('all')
  Object.defineProperty(navigator, 'locks', { configurable: true, value: apis.locks })
  vi.stubGlobal('BroadcastChannel', function open(group: string) {
    return apis.openChannel(group)
  })
  const clock = createTestClock()
  const log = scriptLog(sources)
  /** What each entry has changed. */
  const entries: { readonly key: number; readonly by: number | undefined }[] = []
  const failures: string[] = []
  let published = 0

  function listAt(number: number): Item[] {
    const items = new Map<number, Item>()
    for (const { key, by } of entries.slice(0, number)) {
      if (by === undefined) items.delete(key)
      else items.set(key, { id: key, by })
    }
    return [...items.values()].sort((a, b) => a.id - b.id)
  }

  let tabs: Tab[] = []
  const lists = () => tabs.flatMap(({ lists }) => lists)

  function openTab(): void {
    if (tabs.length === 3) return
    const sse = createSse<Events>({
      ...{
        url: 'http://a.example/events',
        EventSource,
        clock,
        polls: false,
        batch: false,
        onError() {},
        share,
      },
      backoff: { base: 100, max: 500 },
    })
    const told = new Set<string>()
    // Nobody tells the handler twice. A gap says that the log may give again what was told.
    sse.on('sse.gap', (_, { id }) => {
      told.clear()
      if (!share) tab.last = id
    })
    for (const event of ['written', 'deleted'] as const) {
      sse.on(event, (_, { id }) => {
        if (told.has(id)) failures.push(`the handler was told ${id} twice`)
        told.add(id)
        tab.last = id
      })
    }
    const tab: Tab = { sse, lists: [], last: log.idOf(0) }
    tabs.push(tab)
    show(tab)
    sse.connect()
  }

  function closeTab(tab: Tab): void {
    for (const { stop } of tab.lists) stop()
    tab.sse.disconnect()
    tabs = tabs.filter((other) => other !== tab)
  }

  function show({ lists, sse }: Tab): void {
    if (lists.length === 3) return
    const loads: Load[] = []
    let loaded: Load['read']
    const scope = effectScope()
    const list = scope.run(() =>
      useSseList<Item, Events>({
        key: 'id',
        sort: (a, b) => a.id - b.id,
        async load({ signal }) {
          const load: Load = { ...Promise.withResolvers<void>(), isOver: false }
          loads.push(load)
          await load.promise
          if (!signal.aborted) loaded = load.read
          return load.read!
        },
        events: { written: 'put', deleted: 'remove' },
        stream: sse,
      }),
    )!
    lists.push({ sse, list, loads, loaded: () => loaded, stop: () => scope.stop() })
  }

  function deliver(which = 0): void {
    log.deliver((number, stream) => {
      const { key, by } = entries[number - 1]!
      if (by === undefined) stream.send('deleted', String(key), log.idOf(number))
      else stream.send('written', JSON.stringify({ id: key, by }), log.idOf(number))
    }, which)
    check()
  }

  /** What must hold of every list that says that it is right. */
  function check(): void {
    for (const { tab, sse, list, loaded } of tabs.flatMap((tab) =>
      tab.lists.map((shown) => ({ ...shown, tab })),
    )) {
      const items = list.items.value
      if (new Set(items.map(({ id }) => id)).size !== items.length) failures.push('an item is there twice')
      if (list.stale.value || sse.status !== 'open') continue
      // It is the list of the server at a moment that is not before its load, nor before the newest event that was delivered.
      const { number = 0, position } = loaded() ?? {}
      const isLost = !!position && !log.has(position)
      // After a load that is older than what the page has, the stream resumes without a gap. If the log has lost the newer events, the page learns
      // it at the next ping or event. So does a tab that shares.
      if (!log.has(tab.last) || (share && isLost)) continue
      const from = Math.max(share ? 0 : log.sent, isLost ? 0 : number)
      const moments = Array.from({ length: log.head - from + 1 }, (_, index) =>
        JSON.stringify(listAt(from + index)),
      )
      if (!moments.includes(JSON.stringify(items)))
        failures.push(`from ${from} on: ${JSON.stringify(items)} is none of ${moments}`)
    }
  }

  function publish(key: number, isDeleted: boolean): void {
    if (isDeleted && !listAt(log.head).some(({ id }) => id === key)) return
    entries.push({ key, by: isDeleted ? undefined : published++ })
    log.publish()
  }

  const pending = () =>
    lists()
      .flatMap(({ loads }) => loads)
      .filter(({ isOver }) => !isOver)
  const pick = <Thing>(things: readonly Thing[], which: number) => things[which % Math.max(1, things.length)]

  function read(load: Load | undefined, lag: number): void {
    // Only the present log knows the positions of its events.
    const number = Math.max(log.base, log.head - lag)
    if (load && !load.read) load.read = { items: listAt(number), position: log.idOf(number), number }
  }

  function answer(load: Load | undefined, isGood: boolean): void {
    if (!load?.read) return
    load.isOver = true
    if (isGood) load.resolve()
    else load.reject(new Error('503'))
  }

  function relay(choices: readonly number[]): void {
    for (const choice of choices) if (browser.busy > 0) browser.step(choice)
  }

  type Which = { readonly which: number }
  const run: { readonly [Name in Step['do']]: (step: never) => void } = {
    write: ({ key }: Extract<Step, { key: number }>) => publish(key, false),
    delete: ({ key }: Extract<Step, { key: number }>) => publish(key, true),
    deliver: ({ which }: Which) => deliver(which),
    open: ({ which }: Which) => log.open(which),
    lose: ({ which }: Which) => log.lose(which),
    trim: log.trim,
    ping: log.ping,
    restart: log.restart,
    failover({ lost }: Extract<Step, { do: 'failover' }>) {
      log.failover(lost)
      entries.length = log.head
    },
    // Whatever the page was: the browser tells it that it is shown.
    wake: () => dispatchEvent(new Event('visibilitychange')),
    reopen({ which }: Which) {
      const { sse } = pick(tabs, which)!
      sse.disconnect()
      sse.connect()
    },
    reconnect: ({ which }: Which) => pick(tabs, which)?.sse.reconnect(),
    show: ({ which }: Which) => show(pick(tabs, which)!),
    hide({ which }: Which) {
      const tab = pick(tabs, which)!
      if (tab.lists.length > 1) tab.lists.splice(which % tab.lists.length, 1)[0]?.stop()
    },
    reload: ({ which }: Which) => pick(lists(), which)?.list.reload(),
    read: ({ which, lag }: Extract<Step, { do: 'read' }>) => read(pick(pending(), which), lag),
    answer: ({ which, isGood }: Extract<Step, { do: 'answer' }>) => answer(pick(pending(), which), isGood),
    advance: ({ milliseconds }: Extract<Step, { do: 'advance' }>) => clock.advance(milliseconds),
    relay: ({ choices }: Extract<Step, { do: 'relay' }>) => relay(choices),
    openTab,
    closeTab: ({ which }: Which) => tabs.length > 1 && closeTab(pick(tabs, which)!),
    reloadTab({ which }: Which) {
      closeTab(pick(tabs, which)!)
      openTab()
    },
  }

  openTab()
  if (share) openTab()
  return {
    failures,
    run: (step: Step) => run[step.do](step as never),
    check,
    /** Whether a tab has asked for a stream. */
    hasAsked: () => sources.length > 0,
    relay,
    close() {
      for (const tab of tabs) closeTab(tab)
      vi.unstubAllGlobals()
    },
    /** Everything goes well from here on. */
    async finish() {
      publish(0, false)
      for (let round = 0; round < 20; round++) {
        for (let second = 0; second < 5; second++) {
          for (; browser.busy > 0; await settled()) browser.step(0)
          log.open()
          log.ping()
          while (log.waiting > 0) deliver()
          for (const load of pending()) {
            read(load, 0)
            answer(load, true)
          }
          await settled()
          clock.advance(1000)
          await settled()
        }
      }
      publish(0, false)
      while (log.waiting > 0) deliver()
      await settled()
      for (; browser.busy > 0; await settled()) browser.step(0)
      const shown = lists().map(({ list }) => ({ items: list.items.value, stale: list.stale.value }))
      return { shown, wanted: lists().map(() => ({ items: listAt(log.head), stale: false })) }
    },
  }
}

/** What it has found with one page. */
const foundAlone: [Step[]][] = [
  // A load reads the list as it was before an event that the page already has, so the stream resumes before the event. Then the log loses it.
  [
    [
      { do: 'open', which: 0 },
      { do: 'read', which: 0, lag: 0 },
      { do: 'answer', which: 0, isGood: true },
      { do: 'write', key: 0 },
      { do: 'deliver', which: 0 },
      { do: 'show', which: 0 },
      { do: 'read', which: 0, lag: 1 },
      { do: 'answer', which: 0, isGood: true },
      { do: 'failover', lost: 1 },
      { do: 'open', which: 0 },
    ],
  ],
]

/** What it has found with tabs. */
const found: [Step[]][] = [
  // A load goes back, and the tab is served by another one: the next event has the id of the last one that it was told.
  [
    [
      { do: 'relay', choices: [0, 0, 0] },
      { do: 'open', which: 0 },
      { do: 'relay', choices: Array(20).fill(0) },
      { do: 'write', key: 0 },
      { do: 'read', which: 0, lag: 0 },
      { do: 'deliver', which: 0 },
      { do: 'show', which: 0 },
      { do: 'answer', which: 0, isGood: false },
      { do: 'read', which: 0, lag: 1 },
    ],
  ],
  // The next leader is behind another tab, and the log no longer has what comes next.
  [
    [
      { do: 'relay', choices: [0, 0, 0] },
      { do: 'write', key: 0 },
      { do: 'open', which: 0 },
      { do: 'openTab', which: 0 },
      { do: 'write', key: 0 },
      { do: 'read', which: 0, lag: 2 },
      { do: 'trim' },
      { do: 'delete', key: 0 },
    ],
  ],
]

beforeAll(async () => {
  await loadParts()
  // What tabs share is loaded before, so that no step waits for a file.
  const world = createWorld(true)
  await vi.waitUntil(() => {
    world.relay([0])
    return world.hasAsked()
  })
  world.close()
})

it.each([
  ['one page', false, step, RUNS],
  ['tabs that share a connection', true, tabStep, Math.ceil(RUNS / 2)],
] as const)(
  `lists are what the server has, whatever happens to loads and streams: %s (SSE_SEED=${seed})`,
  { timeout: 900_000 },
  async (_, share, step, numRuns) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const world = createWorld(share)
        await settled()
        for (const step of steps) {
          world.run(step)
          await settled()
          world.check()
          expect(world.failures).toEqual([])
        }
        const { shown, wanted } = await world.finish()
        expect(world.failures).toEqual([])
        expect(shown).toEqual(wanted)
        world.close()
      }),
      { seed, numRuns, examples: share ? found : foundAlone, endOnFailure: false },
    )
  },
)
