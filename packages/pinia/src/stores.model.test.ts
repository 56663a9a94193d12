// @vitest-environment jsdom
import { createTestClock, scriptEventSource } from '@sse/client/testing'
import { scriptLoads, settled } from '@sse/testbed/scripted-loads'
import { scriptLog } from '@sse/testbed/scripted-log'
import fc from 'fast-check'
import { createPinia, defineStore, type StoreGeneric } from 'pinia'
import { expect, it } from 'vitest'
import { createApp } from 'vue'
import { createSse } from './index.ts'

/** How many runs: the long form with SSE_FAULTS. Run a failing one again with SSE_SEED. */
const RUNS = Number(process.env['SSE_RUNS'] ?? (process.env['SSE_FAULTS'] ? 10_000 : 200))
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** The stores of a page. Each has a load of its own. */
const STORES = 3

type Step =
  | { readonly do: 'publish' | 'deliver' | 'open' | 'lose' | 'trim' | 'restart' | 'reopen' | 'reconnect' }
  /** A store is created or disposed. */
  | { readonly do: 'toggle' | 'reset'; readonly which: number }
  /** A load reads the list as it was so many events ago, because a replica may lag behind. */
  | { readonly do: 'read'; readonly which: number; readonly lag: number }
  | { readonly do: 'answer'; readonly which: number; readonly isGood: boolean }
  | { readonly do: 'advance'; readonly milliseconds: number }
  | { readonly do: 'failover'; readonly lost: number }

const which = fc.nat(5)

const step: fc.Arbitrary<Step> = fc.oneof(
  ...(['publish', 'deliver'] as const).map((name) => ({ weight: 9, arbitrary: fc.constant({ do: name }) })),
  { weight: 5, arbitrary: fc.constant({ do: 'open' as const }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('read' as const), which, lag: fc.nat(4) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('answer' as const), which, isGood: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('toggle' as const, 'reset' as const), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      milliseconds: fc.constantFrom(100, 1000, 31_000),
    }),
  },
  fc.record({ do: fc.constant('failover' as const), lost: fc.nat(4) }),
  ...(['lose', 'trim', 'restart', 'reopen', 'reconnect'] as const).map((name) => fc.constant({ do: name })),
)

/**
 * A server that publishes, and a page with several stores, each of which is right if it knows the newest entry. So every event that a store
 * receives must be the next one of the same log, from the end of each of its loads to the beginning of its next one.
 */
function createWorld() {
  const { EventSource, sources } = scriptEventSource()
  const log = scriptLog(sources)
  const loads = scriptLoads(log)
  const deliver = () =>
    log.deliver((number, stream) => stream.send('tick', JSON.stringify(log.idOf(number)), log.idOf(number)))
  const clock = createTestClock()
  const failures: string[] = []
  const sse = createSse({
    ...{ url: 'http://a.example/events', EventSource, clock, polls: false, batch: false, onError() {} },
    backoff: { base: 100, max: 500 },
  })
  // An EventSource hides the events that nobody listens for, and their ids. The default connection does not, and this world is like it.
  sse.on('tick', () => {})
  const pinia = createPinia().use(sse)
  const app = createApp({ render: () => null })
    .use(pinia)
    .use(sse)

  const shells = Array.from({ length: STORES }, (_, index) => {
    const shell = {
      index,
      store: undefined as StoreGeneric | undefined,
      shown: '',
      isExact: false,
      /** Failures, unless a load of the store begins or ends before nothing is stale. */
      doubtful: [] as string[],
      toggle() {
        const { store } = shell
        Object.assign(shell, { store: undefined, isExact: false, doubtful: [] })
        if (store) store.$dispose()
        else shell.store = useStore(pinia)
      },
    }
    const useStore = defineStore(`store${index}`, {
      state: () => ({}),
      actions: {
        tick(id: string) {
          const { shown, isExact, store, doubtful } = shell
          if (!store) failures.push(`${index} was told ${id} after its end`)
          if (isExact && log.before(id) !== shown)
            (sse.stale ? doubtful : failures).push(`${index} was told ${id} after ${shown}`)
          shell.shown = id
        },
        async load() {
          const { store } = shell
          Object.assign(shell, { isExact: false, doubtful: [] })
          const { position } = await loads.begin()
          // A store that is gone shows nothing.
          if (shell.store === store) Object.assign(shell, { shown: position, isExact: true, doubtful: [] })
          return position
        },
      },
      sse: { events: { tick: 'tick' }, resync: 'load' },
    })
    return shell
  })

  function run(step: Step): void {
    if (step.do === 'read') loads.read(step.which, step.lag)
    else if (step.do === 'answer') loads.answer(step.which, step.isGood)
    else if (step.do === 'advance') clock.advance(step.milliseconds)
    else if (step.do === 'toggle') shells[step.which % STORES]!.toggle()
    else if (step.do === 'reset') {
      const shell = shells[step.which % STORES]!
      shell.store?.$reset()
      Object.assign(shell, { isExact: false, doubtful: [] })
    } else if (step.do === 'reopen') {
      sse.disconnect()
      sse.connect()
    } else if (step.do === 'reconnect') {
      sse.reconnect()
    } else if (step.do === 'deliver') deliver()
    else if (step.do === 'failover') log.failover(step.lost)
    else log[step.do]()
  }

  app.mount(document.createElement('main'))
  shells[0]!.toggle()
  return {
    failures,
    async run(step: Step) {
      run(step)
      await settled()
      for (const { doubtful } of shells) if (!sse.stale) failures.push(...doubtful.splice(0))
    },
    close: () => app.unmount(),
    async finish() {
      for (const { store, toggle } of shells) if (!store) toggle()
      await loads.recover(clock, deliver)
      return { shown: shells.map(({ shown }) => shown), stale: sse.stale, status: sse.status }
    },
    head: () => log.idOf(log.head),
  }
}

it(`every store is what the server has, whatever happens to loads, streams and stores: ${RUNS} runs (SSE_SEED=${seed})`, {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const world = createWorld()
      await settled()
      for (const step of steps) {
        await world.run(step)
        expect(world.failures).toEqual([])
      }
      const end = await world.finish()
      expect(world.failures).toEqual([])
      expect(end).toEqual({ shown: Array(STORES).fill(world.head()), stale: false, status: 'open' })
      world.close()
    }),
    { seed, numRuns: RUNS, endOnFailure: false },
  )
})
