import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { runProgram } from '../program.ts'
import type { Bench, Figure } from './figure.ts'

const program = fileURLToPath(new URL('../../../notifications/test/interactive.ts', import.meta.url))

/** What the program prints of each visit. */
const visitSchema = v.object({
  page: v.picklist(['sign-in', 'list']),
  slowdown: v.number(),
  milliseconds: v.number(),
})

/**
 * How long a first visitor of Herald, the demo, waits in Chromium until the page responds, with a processor four times slower. The time goes from the
 * navigation to the first frame that shows the effect of a real click on the sign-in page, or of a real key on the list; the program says how.
 */
export const interactive: Figure = {
  name: 'interactive',
  title: 'The demo in Chromium, until it responds',
  async measure(bench) {
    if (!bench.contestants.some(({ kind }) => kind === 'ours')) return
    try {
      await measure(bench)
    } catch (error) {
      bench.disqualify('ours', interactive.name, error instanceof Error ? error.message : String(error))
    }
  },
}

async function measure(bench: Bench): Promise<void> {
  const repetitions = bench.scale.repetitions.interactive
  bench.progress(interactive.name, 'builds the page')
  const { output, failure } = await runProgram(bench.cores, program, [String(repetitions)], (text) =>
    bench.progress(interactive.name, text.trim()),
  )
  if (failure !== undefined) throw new Error(`${program} ${failure}`)
  const seen: Record<string, number> = {}
  for (const line of output.split('\n').filter((line) => line.startsWith('{'))) {
    const { page, slowdown, milliseconds } = v.parse(visitSchema, JSON.parse(line))
    const repetition = seen[page] ?? 0
    seen[page] = repetition + 1
    bench.record({
      figure: interactive.name,
      contestant: 'ours',
      setting: { signedIn: Number(page === 'list'), slowdown },
      repetition,
      measures: { milliseconds },
    })
  }
}
