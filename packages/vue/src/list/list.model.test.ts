// @vitest-environment jsdom
import { createTestClock, type ScriptedEventSource, scriptEventSource } from '@sse/client/testing'
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
  /** Every event, and the list after it. */
  const log: { readonly key: number; readonly by: number | undefined }[] = []
  let [base, epoch, head] = [0, 1, 0]
  let queue: number[] = []
  const failures: string[] = []
  const told: string[] = []
  const idOf = (number: number) => `e${epoch}-${number}`

  function listAt(number: number): Item[] {
    const items = new Map<number, Item>()
    for (const [index, { key, by }] of log.slice(0, number).entries()) {
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

  const newest = (): ScriptedEventSource | undefined => sources.at(-1)
  const isOpen = () => newest()?.readyState === 1

  function open(): void {
    const stream = newest()
    if (stream?.readyState !== 0) return
    const cursor = stream.url.searchParams.get('lastEventId')
    const [, of, at] = /^e(\d+)-(\d+)$/.exec(cursor ?? '') ?? []
    const isHeld = Number(of) === epoch && Number(at) >= base && Number(at) <= head
    const from = cursor === null ? head : isHeld ? Number(at) : base
    stream.open()
    const id = cursor === null || isHeld ? idOf(from) : cursor
    const resumed = cursor === null ? null : isHeld
    stream.send('sse.open', JSON.stringify({ stream: 's', heartbeat: 0, resumed }), id)
    if (resumed === false) stream.send('sse.gap', '{"reason":"trimmed"}', idOf(from))
    queue = []
    for (let number = from + 1; number <= head; number++) queue.push(number)
  }

  function deliver(): void {
    const number = isOpen() ? queue.shift() : undefined
    const entry = number && log[number - 1]
    if (!entry) return
    const { key, by } = entry
    if (by === undefined) newest()?.send('deleted', String(key), idOf(number))
    else newest()?.send('written', JSON.stringify({ id: key, by }), idOf(number))
    check()
  }

  /** What must hold of every list that says that it is right. */
  function check(): void {
    for (const { list, loaded } of pages) {
      const items = list.items.value
      if (new Set(items.map(({ id }) => id)).size !== items.length) failures.push('an item is there twice')
      if (list.stale.value || !isOpen()) continue
      // It is the list of the server at a moment that is not before the newest event that was delivered, nor before its load.
      const { number = 0, epoch: of } = loaded() ?? {}
      const from = Math.max(head - queue.length, of === epoch ? number : 0)
      const moments = Array.from({ length: head - from + 1 }, (_, index) =>
        JSON.stringify(listAt(from + index)),
      )
      if (!moments.includes(JSON.stringify(items)))
        failures.push(`from ${from} on: ${JSON.stringify(items)} is none of ${moments}`)
    }
  }

  function publish(key: number, isDeleted: boolean): void {
    if (isDeleted && !listAt(head).some(({ id }) => id === key)) return
    head += 1
    log.push({ key, by: isDeleted ? undefined : head })
    if (isOpen()) queue.push(head)
  }

  const pending = () => pages.flatMap(({ loads }) => loads).filter(({ isOver }) => !isOver)
  const pick = <Thing>(things: readonly Thing[], which: number) => things[which % Math.max(1, things.length)]

  function read(load: Load | undefined, lag: number): void {
    // Only the present log knows the positions of its events.
    const number = Math.max(base, head - lag)
    if (load && !load.read) load.read = { items: listAt(number), position: idOf(number), number, epoch }
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
    open,
    lose() {
      if (isOpen()) newest()?.lose()
      queue = []
    },
    trim() {
      base = head
    },
    restart() {
      if (isOpen()) newest()?.lose()
      queue = []
      epoch += 1
      base = head
      told.length = 0
    },
    reopen() {
      sse.disconnect()
      queue = []
      sse.connect()
    },
    reconnect() {
      queue = []
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
        open()
        while (queue.length > 0) deliver()
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
      return { shown, wanted: pages.map(() => ({ items: listAt(head), stale: false })) }
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
