import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { preload } from './preload.ts'
import { play } from './script/play.ts'
import { type Script, scripts } from './script/script.ts'

/** `pnpm sim [--seed N] [--hours N] [--trace]` */
export async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      hours: { type: 'string', default: '10' },
      'keep-going': { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
    },
  })
  await preload()
  const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
  const wanted = Number(values.hours)
  const faults = new Map<string, number>()
  const begun = performance.now()
  let [hours, steps, seed] = [0, 0, first]
  for (; hours < wanted; seed++) {
    const script = scriptOf(seed)
    const result = await play(script, seed, values.trace ? console.log : undefined)
    hours += result.hours
    steps += result.steps
    for (const [kind, count] of result.faults) faults.set(kind, (faults.get(kind) ?? 0) + count)
    console.log(
      `${seed} ${script.setup.log} ${script.operations.length} ${result.hours.toFixed(2)} h ${result.steps} steps ${result.digest} ${((performance.now() - begun) / 1000).toFixed(1)} s`,
    )
    if (result.violation) {
      console.log(`VIOLATION of seed ${seed}: ${result.violation.message}`)
      process.exitCode = 1
      if (!values['keep-going']) break
    }
  }
  console.log(JSON.stringify(Object.fromEntries([...faults].sort())))
  console.log(`${hours.toFixed(1)} h, ${steps} steps`)
  process.exit()
}

/** The script of a seed. */
function scriptOf(seed: number): Script {
  let drawn: Script | undefined
  fc.assert(
    fc.property(scripts(1), (script) => {
      drawn = script
    }),
    { seed, numRuns: 1, unbiased: true },
  )
  return drawn!
}
