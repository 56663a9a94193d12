import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compare, settingsOf } from '@sse/bench/compare'
import { type Goal, goalsOf } from '@sse/bench/goals'
import { type Results, readResults } from '@sse/bench/results'
import type { Spread } from '@sse/bench/statistics'

export interface Row {
  readonly title: string
  readonly version: string
  readonly isOurs: boolean
  /** How many times ours. */
  readonly ratio: Spread
}

export interface Table {
  readonly title: string
  readonly rows: readonly Row[]
}

export interface Measured {
  readonly when: string
  readonly machine: string
  readonly scale: string
  /** Those that this run has measured. */
  readonly goals: readonly Goal[]
  readonly tables: readonly Table[]
}

/** What is compared: the measure of a figure, in each setting that it was measured in. */
const shown: readonly { readonly figure: string; readonly measure: string; readonly title: string }[] = [
  { figure: 'cpu', measure: 'cpu', title: 'Server CPU per delivered event' },
  { figure: 'opening', measure: 'rss', title: 'Memory of an idle stream' },
  { figure: 'opening', measure: 'cpu', title: 'Server CPU to open a stream' },
]

declare const data: Measured | null

export { data }

const path = fileURLToPath(new URL('../../bench/results/latest.json', import.meta.url))

/** Figures come from a run and from nowhere else: without one there is no section. */
export default {
  watch: ['../../bench/results/latest.json'],
  load: (): Measured | null => (existsSync(path) ? measured(readResults(path)) : null),
}

/** Ratios of a run. */
export function measured(results: Results): Measured {
  const { machine, scale, finished } = results
  return {
    when: finished.slice(0, 10),
    machine: `${machine.cpu}, ${machine.cores} cores, Node ${machine.node.replace(/^v/, '')}, Linux ${machine.kernel}`,
    scale,
    goals: goalsOf(results).filter(({ measured }) => measured),
    tables: shown
      .flatMap(({ figure, measure, title }) =>
        settingsOf(results, figure).map((setting) => ({
          title: `${title}: ${words(setting)}`,
          rows: rowsOf(results, { figure, measure, setting }),
        })),
      )
      .filter(({ rows }) => rows.length > 0),
  }
}

/** All contestants of a measurement, the least first. */
function rowsOf(results: Results, key: Omit<Parameters<typeof compare>[1], 'contestant'>): Row[] {
  return results.contestants
    .flatMap(({ name, title, version, kind }): Row[] => {
      const ratio = compare(results, { ...key, contestant: name }, { ...key, contestant: 'ours' })
      return ratio ? [{ title, version, isOurs: kind === 'ours', ratio }] : []
    })
    .sort((one, other) => one.ratio.median - other.ratio.median)
}

function words({ streams = 0, events, bytes }: Readonly<Record<string, number>>): string {
  const parts = [`${streams.toLocaleString('en')} streams`]
  if (events !== undefined) parts.push(events === 1 ? 'one event a turn' : `${events} events a turn`)
  if (bytes !== undefined) parts.push(`${bytes.toLocaleString('en')} bytes an event`)
  return parts.join(', ')
}
