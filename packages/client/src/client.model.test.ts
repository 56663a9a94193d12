import fc from 'fast-check'
import { it, onTestFinished, vi } from 'vitest'
import { allCommands, check, createModel, createWorld, stepsSoFar } from '../test/model/life-model.ts'
import './http/follow-redirects.ts' // loaded before, so that no step waits for a file
import './lazy.ts'

/** How many steps: `SSE_STEPS=50000` for the long form. */
const STEPS = Number(process.env['SSE_STEPS'] ?? (process.env['SSE_FAULTS'] ? 50_000 : 2000))

/** Run a failing course again with SSE_SEED. */
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Commands that are drawn for a run, on the average. Some 60 % of them are possible where they come. */
const LENGTH = 50

it(`a client does what the table says, whatever happens in its life: ${STEPS} steps (SSE_SEED=${seed})`, {
  timeout: 600_000,
}, async () => {
  onTestFinished(() => void vi.unstubAllGlobals())
  let hasFailed = false
  // Random runs differ in length, so they are repeated until there are enough steps.
  for (let round = 0; stepsSoFar() < STEPS; round++) {
    await fc.assert(
      fc.asyncProperty(
        fc.commands(allCommands, { maxCommands: 2 * LENGTH, size: 'max' }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.constantFrom(undefined, 'good' as const, 'bad' as const),
        async (commands, random, load) => {
          const world = createWorld(random, load)
          for (const [name, value] of Object.entries(world.globals)) vi.stubGlobal(name, value)
          const model = createModel()
          try {
            await fc.asyncModelRun(() => ({ model, real: world }), commands)
            world.client.close()
            if (model.status !== 'closed') Object.assign(model, { status: 'closed', reason: 'closed' })
            await check(model, world)
          } catch (error) {
            if (!hasFailed) console.info(`It fails after ${stepsSoFar()} steps`)
            hasFailed = true
            throw error
          }
        },
      ),
      { seed: seed + round, numRuns: Math.ceil(STEPS / LENGTH) },
    )
  }
  console.info(`${stepsSoFar()} steps (SSE_SEED=${seed})`)
})
