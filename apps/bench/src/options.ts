import { parseArgs } from 'node:util'
import { catalog } from './contestants/catalog.ts'
import { figures } from './figures/index.ts'

/** What was asked for on the command line. */
export interface Options {
  readonly quick: boolean
  readonly profile: boolean
  readonly help: boolean
  /** Results to draw again instead of measuring. */
  readonly draw: string | undefined
  /** Overrules the number of repetitions. */
  readonly repetitions: number | undefined
  /** Names of figures and of contestants; empty for all of them. */
  readonly figures: ReadonlySet<string>
  readonly contestants: ReadonlySet<string>
}

export const help = `pnpm bench [options]

Measures every way of pushing events side by side, and draws it. A full run takes about half an hour and writes
results/latest.json and results/*.svg, --profile results/profile.json; every other run writes to results/local.

  --quick               within a minute: fewer streams, contestants and repetitions
  --only <name>         a figure or a contestant; may be repeated. The floor is always there to compare with
  --repetitions <n>     of every measurement; default 5, quick 1 or 2
  --profile             where the time of the 1,000-stream case goes: ours, and the floor
  --draw <file>         draws and prints results again, measuring nothing
  --help

figures:      ${figures.map(({ name }) => name).join(' ')}
contestants:  ${catalog.map(({ name }) => name).join(' ')}
`

/** @throws Error for what is no option, with what there is */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: args.filter((argument) => argument !== '--'),
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      draw: { type: 'string' },
      repetitions: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
    },
  })
  const names = values.only.flatMap((name) => name.split(','))
  const figureNames = figures.map(({ name }) => name)
  const contestantNames = catalog.map(({ name }) => name)
  const unknown = names.find((name) => !figureNames.includes(name) && !contestantNames.includes(name))
  if (unknown !== undefined) {
    throw new Error(
      `--only knows no ${unknown}: it takes ${figureNames.join(', ')}, or ${contestantNames.join(', ')}.`,
    )
  }
  const repetitions = values.repetitions === undefined ? undefined : Number(values.repetitions)
  if (repetitions !== undefined && !(Number.isSafeInteger(repetitions) && repetitions > 0)) {
    throw new Error(`--repetitions is a whole number above 0, not ${values.repetitions}.`)
  }
  return {
    ...values,
    draw: values.draw,
    repetitions,
    figures: new Set(names.filter((name) => figureNames.includes(name))),
    contestants: new Set(names.filter((name) => contestantNames.includes(name))),
  }
}
