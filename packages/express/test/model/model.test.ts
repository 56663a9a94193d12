import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clock } from './clock.ts'
import { appSteps } from './commands/app.ts'
import { channelSteps } from './commands/channels.ts'
import { clientSteps } from './commands/clients.ts'
import { serverSteps } from './commands/servers.ts'
import { timeSteps } from './commands/time.ts'
import { conclude } from './conclude.ts'
import { World, type WorldOptions } from './world.ts'

/** How many steps are taken; every promise is looked at after each of them. */
const wanted = Number(process.env['SSE_STEPS'] ?? 2_000)

/** `SSE_SEED=-492316430` takes the same steps again, `SSE_SEED=-492316430:3` begins with one of the runs: a failure prints it. */
const [seedText, path] = process.env['SSE_SEED']?.split(':') ?? []
const firstSeed = seedText ? Number(seedText) : Date.now() % 2 ** 31

const stepsOfRun = 60
/** Milliseconds: on a machine that is busy with something else. */
const timeout = 60_000 + wanted * 200

const commands = fc.commands(
  [fc.oneof(...clientSteps, ...appSteps, ...channelSteps, ...serverSteps, ...timeSteps)],
  { maxCommands: stepsOfRun, size: 'max' },
)
const options: fc.Arbitrary<WorldOptions> = fc.record({
  window: fc.constantFrom(2, 4, 100),
  capacity: fc.constantFrom(4, 8, 100),
})

/** What has to happen in some runs: promises that nothing endangers are easily kept. */
const needed =
  `opens leaves stalls drains breaks publishes decides sends subscribes unsubscribes closes listens posts floods disconnects
  replaces loses reaches holds forgets passes jumps shows sets removes ends joins parts`.split(/\s+/)

let taken = 0
/** The steps before the first failure. */
let failedAfter: number | undefined
const met = new Map<string, number>()

const runs = fc.asyncProperty(options, commands, async (options, commands) => {
  clock.start()
  let world: World | undefined
  // What nobody catches ends the process of an app.
  const unhandled = (error: unknown) => world?.surprised(error)
  process.on('unhandledRejection', unhandled)
  process.on('uncaughtExceptionMonitor', unhandled)
  try {
    await fc.asyncModelRun(async () => {
      world = await World.begin(options, (situation) => met.set(situation, (met.get(situation) ?? 0) + 1))
      return { model: { clients: 0, replaced: 0 }, real: world }
    }, commands)
    if (world) await conclude(world)
  } catch (error) {
    failedAfter ??= taken + (world?.steps ?? 0)
    throw error
  } finally {
    process.off('unhandledRejection', unhandled)
    process.off('uncaughtExceptionMonitor', unhandled)
    taken += world?.steps ?? 0
    await world?.end()
    clock.stop()
  }
})

it(`keeps every promise in ${wanted} steps of clients, apps, servers, brokers and the clock`, {
  timeout,
}, async () => {
  for (let seed = firstSeed; taken < wanted; seed++) {
    const details = await fc.check(runs, {
      seed,
      numRuns: 20,
      ...(path !== undefined && seed === firstSeed && { path }),
    })
    if (!details.failed && path !== undefined) break
    if (!details.failed) continue
    const run = details.counterexamplePath?.split(':')[0]
    const again = `Again: SSE_SEED=${seed}:${run} pnpm vitest run packages/express/test/model`
    const report = await fc.asyncDefaultReportMessage(details)
    expect.fail(`${details.errorInstance}\n${again}\nAfter ${failedAfter} steps.\n${report}`)
  }
  if (path === undefined && wanted >= 2_000) expect(needed.filter((step) => !met.has(step))).toEqual([])
  console.info(`${taken} steps, beginning with the seed ${firstSeed}`)
  if (process.env['SSE_MET']) console.info(Object.fromEntries([...met].sort()))
})
