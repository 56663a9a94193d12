import { scriptLoads, settled } from '@sse/testbed/scripted-loads'
import { scriptLog } from '@sse/testbed/scripted-log'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createSseClient } from '../index.ts'
import { createTestClock, scriptEventSource } from '../testing/index.ts'
import '../lazy.ts' // loaded before, so that no step waits for a file

/** How many runs: the long form with SSE_FAULTS. Run a failing one again with SSE_SEED. */
const RUNS = Number(process.env['SSE_RUNS'] ?? (process.env['SSE_FAULTS'] ? 10_000 : 300))
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

type Step =
  | { readonly do: 'publish' | 'deliver' | 'open' | 'lose' | 'trim' | 'restart' | 'reopen' | 'reconnect' }
  /** A load reads the list as it was so many events ago, because a replica may lag behind. */
  | { readonly do: 'read'; readonly which: number; readonly lag: number }
  | { readonly do: 'answer'; readonly which: number; readonly isGood: boolean }
  | { readonly do: 'advance'; readonly milliseconds: number }
  | { readonly do: 'failover'; readonly lost: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Step>({ do: 'publish' }) },
  { weight: 8, arbitrary: fc.constant<Step>({ do: 'deliver' }) },
  { weight: 5, arbitrary: fc.constant<Step>({ do: 'open' }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), which: fc.nat(3), lag: fc.nat(4) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat(3), isGood: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      milliseconds: fc.constantFrom(100, 1000, 31_000),
    }),
  },
  fc.record({ do: fc.constant('failover' as const), lost: fc.nat(4) }),
  fc.constantFrom<Step[]>(
    ...(['lose', 'trim', 'restart', 'reopen', 'reconnect'] as const).map((name) => ({ do: name })),
  ),
)

/**
 * A server that publishes the numbers from 1 on, and a page whose list is right if it knows the newest entry. So every event that it is told
 * must be the next one of the same log, from the end of each load to the beginning of the next one.
 */
function createWorld() {
  const { EventSource, sources } = scriptEventSource()
  const clock = createTestClock()
  const log = scriptLog(sources)
  const loads = scriptLoads(log)
  const deliver = () => log.deliver((number, stream) => stream.send('tick', String(number), log.idOf(number)))
  let shown = ''
  let isExact = false
  const failures: string[] = []
  /** Failures, unless another load begins or ends before the client says that nothing is stale. */
  const doubtful: string[] = []

  const client = createSseClient('http://a.example/events', {
    ...{ EventSource, clock, polls: false, onError() {}, backoff: { base: 100, max: 500 } },
    async resync() {
      isExact = false
      doubtful.length = 0
      shown = (await loads.begin()).position
      doubtful.length = 0
      isExact = true
      return shown
    },
  })
  client.on('tick', (_, { id }) => {
    if (isExact && log.before(id) !== shown)
      (client.stale ? doubtful : failures).push(`told ${id} after ${shown}`)
    shown = id
  })
  client.on('sse.stale', (stale) => void (stale || failures.push(...doubtful)))
  client.connect()

  const run: { readonly [Name in Step['do']]: (step: never) => void } = {
    publish: log.publish,
    deliver,
    open: () => log.open(),
    lose: () => log.lose(),
    trim: log.trim,
    restart: log.restart,
    failover: ({ lost }: Extract<Step, { do: 'failover' }>) => log.failover(lost),
    reopen() {
      client.close()
      client.connect()
    },
    reconnect() {
      client.reconnect()
    },
    read: ({ which, lag }: Extract<Step, { do: 'read' }>) => loads.read(which, lag),
    answer: ({ which, isGood }: Extract<Step, { do: 'answer' }>) => loads.answer(which, isGood),
    advance: ({ milliseconds }: Extract<Step, { do: 'advance' }>) => clock.advance(milliseconds),
  }

  return {
    failures,
    run: (step: Step) => run[step.do](step as never),
    close: () => client.close(),
    async finish() {
      await loads.recover(clock, deliver)
      return { shown, head: log.idOf(log.head), stale: client.stale, status: client.state.status }
    },
  }
}

it(`a list is what the server has, whatever happens to loads and streams: ${RUNS} runs (SSE_SEED=${seed})`, {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const world = createWorld()
      await settled()
      for (const step of steps) {
        world.run(step)
        await settled()
        expect(world.failures).toEqual([])
      }
      const { shown, head, stale, status } = await world.finish()
      expect(world.failures).toEqual([])
      expect({ shown, stale, status }).toEqual({ shown: head, stale: false, status: 'open' })
      world.close()
    }),
    { seed, numRuns: RUNS, endOnFailure: false },
  )
})
