import { randomText } from '@sse/core/internal'
import { news, rooms } from '../server/app-data.ts'
import { Violation, World } from '../world/world.ts'
import { perform, wake } from './operations.ts'
import type { Script } from './script.ts'
import { Simulation } from './simulation.ts'

/** A script that is kept because it has found a fault. */
export interface Kept {
  readonly seed: number
  readonly script: Script
  /** The fault, as `planted.ts` calls it. */
  readonly fault?: string
}

export interface Result {
  readonly violation: Violation | undefined
  readonly hours: number
  readonly steps: number
  readonly digest: string
  readonly faults: ReadonlyMap<string, number>
}

/** Simulated time in which everything must have settled after the last fault. */
const patience = 900_000

/** Plays a script. The same script and seed give the same run, byte for byte. */
export async function play(script: Script, seed: number, log?: (line: string) => void): Promise<Result> {
  const world = new World(seed, log)
  const restore = catchErrors(world)
  // The hubs of a Node process share a pool of random bytes: what an earlier run has left in it must not be used.
  world.outside.run(() => randomText(6_144))
  let sim: Simulation | undefined
  try {
    sim = new Simulation(world, script.setup)
    await world.runFor(1_000)
    for (const operation of script.operations) {
      await world.runFor(operation.wait)
      perform(sim, operation)
    }
    await conclude(sim)
  } catch (error) {
    if (!(error instanceof Violation)) throw error
  } finally {
    restore()
    sim?.log.close()
  }
  return {
    violation: world.violation,
    hours: world.now / 3_600_000,
    steps: world.scheduler.steps,
    digest: world.digest(),
    faults: world.faults,
  }
}

/** All faults end. Then every page must show what it should, and in the end nothing may be left over. */
async function conclude(sim: Simulation): Promise<void> {
  const { world, network } = sim
  world.note('world', 'the faults end')
  for (const server of sim.servers) server?.program.resume()
  for (const [place, server] of sim.servers.entries()) if (!server) sim.startServer(place)
  for (const broker of sim.log.remote?.brokers ?? []) {
    broker.slow = 0
    broker.mend()
  }
  for (const { link } of sim.browsers)
    Object.assign(link, { state: 'up', slow: 0, buffering: false, duplicating: false })
  for (const exchange of network.exchanges) exchange.heal()
  for (const browser of sim.browsers) wake(sim, browser, 0)
  for (const account of sim.data.accounts.values()) account.banned = false
  // Answers to those who were banned are on their way.
  await world.runFor(10_000)
  for (const page of sim.pages) {
    page.program.resume()
    page.loadsFailUntil = 0
    page.do((code) => {
      page.window.document.visibilityState = 'visible'
      page.window.tell('pageshow', { persisted: true })
      code.connect()
    })
  }
  // On a log to which nothing is appended, pages must find out what they lack by themselves.
  await settle(sim, false)
  for (const [index, channel] of [news, ...rooms].entries()) sim.publish(channel, index)
  await settle(sim, true)
  for (const { page } of [...sim.tabs]) {
    page.program.run(() => page.code.end())
    await world.runFor(100)
    page.tab.browser.closePage(page.program)
  }
  sim.tabs.length = 0
  await world.runFor(60_000)
  for (const server of sim.servers) {
    const { streams, channels } = server!.hub.stats()
    if (streams > 0 || channels > 0)
      world.violate(
        `${server!.program.name} still has ${streams} streams on ${channels} channels: ${[...server!.hub.streams].map(({ id, key }) => `${id} of ${key}`)}`,
      )
  }
  for (const place of sim.servers.keys()) sim.stop(place)
  await world.runFor(60_000)
  if (sim.closing > 0) world.violate(`${sim.closing} hubs were not closed`)
  if (world.violation) throw world.violation
}

/** Runs until every page shows what it should. */
async function settle(sim: Simulation, isLast: boolean): Promise<void> {
  const { world } = sim
  const end = world.now + patience
  for (;;) {
    await world.runFor(5_000)
    sim.readRecords()
    if (isLast && !sim.hasRun) sim.finishRuns()
    await world.runFor(1_000)
    const wrong = sim.judge() ?? (isLast && !sim.hasRun ? 'no run has finished' : undefined)
    if (wrong === undefined) return
    if (world.now > end) {
      world.violate(wrong)
      throw world.violation
    }
  }
}

/** Errors that nothing handles are violations. */
function catchErrors(world: World): () => void {
  const caught = (error: unknown) =>
    world.violate(`nobody has handled ${error instanceof Error ? error.stack : String(error)}`)
  const { error, warn } = console
  console.error = (...parts: unknown[]) =>
    world.violate(
      `console.error: ${parts.map((part) => (part instanceof Error ? part.stack : part)).join(' ')}`,
    )
  console.warn = console.error
  process.on('unhandledRejection', caught)
  process.on('uncaughtException', caught)
  return () => {
    Object.assign(console, { error, warn })
    process.off('unhandledRejection', caught)
    process.off('uncaughtException', caught)
  }
}
