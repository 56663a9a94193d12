import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The part of the benchmark's results that is shown. */
export interface Results {
  readonly scale: string
  readonly finished: string
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly node: string
    readonly kernel: string
  }
  readonly contestants: readonly { readonly name: string; readonly title: string; readonly version: string }[]
  readonly measurements: readonly {
    readonly figure: string
    readonly contestant: string
    readonly setting: Readonly<Record<string, number>>
    readonly measure: string
    /** One a repetition, in their order; null for one that failed. */
    readonly values: readonly (number | null)[]
  }[]
}

export interface Row {
  readonly title: string
  readonly version: string
  readonly isOurs: boolean
  /** How many times ours: the median of the repetitions, the least and the greatest. */
  readonly ratio: number
  readonly low: number
  readonly high: number
}

export interface Table {
  readonly title: string
  readonly rows: readonly Row[]
}

export interface Measured {
  readonly when: string
  readonly machine: string
  readonly scale: string
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
  load(): Measured | null {
    if (!existsSync(path)) return null
    return measured(JSON.parse(readFileSync(path, 'utf8')) as Results)
  },
}

/** Ratios of a run. */
export function measured(results: Results): Measured {
  const { machine, scale, finished } = results
  return {
    when: finished.slice(0, 10),
    machine: `${machine.cpu}, ${machine.cores} cores, Node ${machine.node.replace(/^v/, '')}, Linux ${machine.kernel}`,
    scale,
    tables: shown.flatMap(({ figure, measure, title }) =>
      settingsOf(results, figure, measure).map((setting) => ({
        title: `${title}: ${words(JSON.parse(setting))}`,
        rows: rowsOf(results, figure, measure, setting),
      })),
    ),
  }
}

function settingsOf({ measurements }: Results, figure: string, measure: string): string[] {
  const ours = measurements.filter(
    (one) => one.contestant === 'ours' && one.figure === figure && one.measure === measure,
  )
  return [...new Set(ours.map(({ setting }) => JSON.stringify(setting)))]
}

function rowsOf(
  { measurements, contestants }: Results,
  figure: string,
  measure: string,
  setting: string,
): Row[] {
  const valuesOf = (name: string) =>
    measurements.find(
      (one) =>
        one.contestant === name &&
        one.figure === figure &&
        one.measure === measure &&
        JSON.stringify(one.setting) === setting,
    )?.values ?? []
  const ours = valuesOf('ours')
  return contestants
    .flatMap(({ name, title, version }) => {
      // By repetition: what disturbed the machine during one disturbed both.
      const ratios = valuesOf(name)
        .flatMap((value, index) => (value && ours[index] ? [value / ours[index]] : []))
        .sort((a, b) => a - b)
      const [low, high, ratio] = [ratios[0], ratios.at(-1), median(ratios)]
      if (low === undefined || high === undefined) return []
      return [{ title, version, isOurs: name === 'ours', ratio, low, high }]
    })
    .sort((a, b) => a.ratio - b.ratio)
}

function median(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

function words({ streams = 0, events, bytes }: Readonly<Record<string, number>>): string {
  const parts = [`${streams.toLocaleString('en')} streams`]
  if (events !== undefined) parts.push(events === 1 ? 'one event a turn' : `${events} events a turn`)
  if (bytes !== undefined) parts.push(`${bytes} bytes an event`)
  return parts.join(', ')
}
