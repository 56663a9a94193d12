// @vitest-environment jsdom
import { createTestClock, scriptEventSource } from '@sse/client/testing'
import { scriptLog } from '@sse/testbed'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { effectScope } from 'vue'
import { createSse } from '../create-sse.ts'
import { loadParts } from '../load-parts.ts'
import { type SseList, useSseList } from './use-sse-list.ts'

/** How many runs: the long form with SSE_FAULTS. Run a failing one again with SSE_SEED. */
const RUNS = Number(process.env['SSE_RUNS'] ?? (process.env['SSE_FAULTS'] ? 10_000 : 150))
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** The keys of the items. Few, so that items are often changed, deleted and added again. */
const KEYS = 4

interface Item {
  readonly id: number
  /** The number of the event that wrote it. */
  readonly by: number
}

type Step =
  | { readonly do: 'write' | 'delete'; readonly key: number }
  | { readonly do: 'deliver' | 'open' | 'lose' | 'trim' | 'restart' | 'reopen' | 'reconnect' }
  /** A load reads the list as it was so many events ago, because a replica may lag behind. */
  | { readonly do: 'read'; readonly which: number; readonly lag: number }
  | { readonly do: 'answer'; readonly which: number; readonly isGood: boolean }
  /** The page shows another list, or one less. */
  | { readonly do: 'show' | 'hide'; readonly which: number }
  | { readonly do: 'reload'; readonly which: number }
  | { readonly do: 'advance'; readonly milliseconds: number }

const named = <Name extends Step['do']>(name: Name) => fc.constant(name)
const key = fc.nat(KEYS - 1)
const which = fc.nat(3)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: named('write'), key }) },
  { weight: 4, arbitrary: fc.record({ do: named('delete'), key }) },
  { weight: 10, arbitrary: fc.constant<Step>({ do: 'deliver' }) },
  { weight: 5, arbitrary: fc.constant<Step>({ do: 'open' }) },
  { weight: 5, arbitrary: fc.record({ do: named('read'), which, lag: fc.nat(4) }) },
  { weight: 5, arbitrary: fc.record({ do: named('answer'), which, isGood: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('show' as const, 'hide' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: named('reload'), which }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: named('advance'), milliseconds: fc.constantFrom(100, 1000, 31_000) }),
  },
  fc.constantFrom<Step[]>(
    ...(['lose', 'trim', 'restart', 'reopen', 'reconnect'] as const).map((name) => ({ do: name })),
  ),
)

/** Lets promises that are settled run on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A load on its way, and what it has read. */
interface Load extends PromiseWithResolvers<void> {
  read?: {
    readonly items: Item[]
    readonly position: string
    readonly number: number
    readonly epoch: number
  }
  isOver: boolean
}

/** A list on the page. */
interface Shown {
  readonly list: SseList<Item>
  readonly loads: Load[]
  /** What it has loaded last. */
  loaded(): Load['read']
  readonly stop: () => void
}

/** A server with a list and a log, and a page with several lists on one connection, and a handler that loads nothing. */
function createWorld() {
  const { EventSource, sources } = scriptEventSource()
  const clock = createTestClock()
  const log = scriptLog(sources)
  /** What each entry has changed. */
  const entries: { readonly key: number; readonly by: number | undefined }[] = []
  const failures: string[] = []
  const told: string[] = []

  function listAt(number: number): Item[] {
    const items = new Map<number, Item>()
    for (const [index, { key, by }] of entries.slice(0, number).entries()) {
      if (by === undefined) items.delete(key)
      else items.set(key, { id: key, by: index + 1 })
    }
    return [...items.values()].sort((a, b) => a.id - b.id)
  }

  const sse = createSse<{ written: Item; deleted: number }>({
    ...{ url: 'http://a.example/events', EventSource, clock, polls: false, batch: false, onError() {} },
    backoff: { base: 100, max: 500 },
  })
  // Nobody tells the handler twice.
  for (const event of ['written', 'deleted'] as const) {
    sse.on(event, (_, { id }) => {
      if (told.includes(id)) failures.push(`the handler was told ${id} twice`)
      told.push(id)
    })
  }

  const pages: Shown[] = []

  function show(): void {
    if (pages.length === 3) return
    const loads: Load[] = []
    let loaded: Load['read']
    const scope = effectScope()
    const list = scope.run(() =>
      useSseList<Item, { written: Item; deleted: number }>({
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
    pages.push({ list, loads, loaded: () => loaded, stop: () => scope.stop() })
  }

  function deliver(): void {
    log.deliver((number, stream) => {
      const { key, by } = entries[number - 1]!
      if (by === undefined) stream.send('deleted', String(key), log.idOf(number))
      else stream.send('written', JSON.stringify({ id: key, by }), log.idOf(number))
    })
    check()
  }

  /** What must hold of every list that says that it is right. */
  function check(): void {
    for (const { list, loaded } of pages) {
      const items = list.items.value
      if (new Set(items.map(({ id }) => id)).size !== items.length) failures.push('an item is there twice')
      if (list.stale.value || !log.isOpen) continue
      // It is the list of the server at a moment that is not before the newest event that was delivered, nor before its load.
      const { number = 0, epoch: of } = loaded() ?? {}
      const from = Math.max(log.head - log.waiting, of === log.epoch ? number : 0)
      const moments = Array.from({ length: log.head - from + 1 }, (_, index) =>
        JSON.stringify(listAt(from + index)),
      )
      if (!moments.includes(JSON.stringify(items)))
        failures.push(`from ${from} on: ${JSON.stringify(items)} is none of ${moments}`)
    }
  }

  function publish(key: number, isDeleted: boolean): void {
    if (isDeleted && !listAt(log.head).some(({ id }) => id === key)) return
    entries.push({ key, by: isDeleted ? undefined : log.head + 1 })
    log.publish()
  }

  const pending = () => pages.flatMap(({ loads }) => loads).filter(({ isOver }) => !isOver)
  const pick = <Thing>(things: readonly Thing[], which: number) => things[which % Math.max(1, things.length)]

  function read(load: Load | undefined, lag: number): void {
    // Only the present log knows the positions of its events.
    const number = Math.max(log.base, log.head - lag)
    if (load && !load.read)
      load.read = { items: listAt(number), position: log.idOf(number), number, epoch: log.epoch }
  }

  function answer(load: Load | undefined, isGood: boolean): void {
    if (!load?.read) return
    load.isOver = true
    if (isGood) load.resolve()
    else load.reject(new Error('503'))
  }

  const run: { readonly [Name in Step['do']]: (step: never) => void } = {
    write: ({ key }: Extract<Step, { key: number }>) => publish(key, false),
    delete: ({ key }: Extract<Step, { key: number }>) => publish(key, true),
    deliver,
    open: log.open,
    lose: log.lose,
    trim: log.trim,
    restart() {
      log.restart()
      told.length = 0
    },
    reopen() {
      sse.disconnect()
      log.leave()
      sse.connect()
    },
    reconnect() {
      log.leave()
      sse.reconnect()
    },
    show,
    hide({ which }: Extract<Step, { which: number }>) {
      const page = pages.length > 1 ? pick(pages, which) : undefined
      page?.stop()
      if (page) pages.splice(pages.indexOf(page), 1)
    },
    reload: ({ which }: Extract<Step, { which: number }>) => pick(pages, which)?.list.reload(),
    read: ({ which, lag }: Extract<Step, { do: 'read' }>) => read(pick(pending(), which), lag),
    answer: ({ which, isGood }: Extract<Step, { do: 'answer' }>) => answer(pick(pending(), which), isGood),
    advance: ({ milliseconds }: Extract<Step, { do: 'advance' }>) => clock.advance(milliseconds),
  }

  show()
  sse.connect()
  return {
    failures,
    run: (step: Step) => run[step.do](step as never),
    check,
    close() {
      for (const { stop } of pages) stop()
      sse.disconnect()
    },
    /** Everything goes well from here on. */
    async finish() {
      for (let round = 0; round < 20; round++) {
        log.open()
        while (log.waiting > 0) deliver()
        for (const load of pending()) {
          read(load, 0)
          answer(load, true)
        }
        await settled()
        clock.advance(5000)
        await settled()
      }
      publish(0, false)
      deliver()
      await settled()
      const shown = pages.map(({ list }) => ({ items: list.items.value, stale: list.stale.value }))
      return { shown, wanted: pages.map(() => ({ items: listAt(log.head), stale: false })) }
    },
  }
}

beforeAll(async () => void (await loadParts()))

it(`lists are what the server has, whatever happens to loads and streams: ${RUNS} runs (SSE_SEED=${seed})`, {
  timeout: 900_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const world = createWorld()
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
    { seed, numRuns: RUNS, endOnFailure: false },
  )
})
