import type { TopLevelSpec } from 'vega-lite'
import { type Bar, bars, type Head, type Panel, points } from './chart-specs.ts'
import { type Key, rowsOf, settingsOf } from './compare.ts'
import type { Results } from './results.ts'

/** A picture of results. */
export interface Picture {
  /** Its file is named so. */
  readonly name: string
  readonly title: string
  /** How to read it. */
  readonly lines: readonly string[]
  readonly spec: (head: Head) => TopLevelSpec
}

/** One for every figure that the results hold something of. */
export function picturesOf(results: Results): Picture[] {
  return [cpuRatios, cpuByStreams, memory, connects, latency, resume].flatMap((chart) => chart(results) ?? [])
}

const range = 'Bars: medians. Lines: from the least to the most of the repetitions, which are interleaved.'

function cpuRatios(results: Results): Picture | undefined {
  const panels = [1, 10]
    .map((events): Panel => {
      const setting = { streams: 1_000, events, bytes: 200 }
      const rows = rowsOf(results, { figure: 'cpu', setting, measure: 'cpu' })
      return {
        title: events === 1 ? '1 event a turn' : `${events} events a turn`,
        bars: rows.flatMap((row): Bar[] => (row.toFloor ? [{ ...row, spread: row.toFloor }] : [])),
      }
    })
    .filter((panel) => panel.bars.length > 0)
  if (panels.length === 0) return undefined
  return {
    name: 'cpu',
    title: 'Server CPU per delivered event, as a multiple of bare net sockets',
    lines: ['1,000 streams, 200 bytes an event. Less is better.', range],
    spec: (head) => bars(head, panels, { unit: 'times the floor', format: '.2f' }),
  }
}

function cpuByStreams(results: Results): Picture | undefined {
  const panels = settingsOf(results, 'cpu')
    .filter(({ events }) => events === 1)
    .sort((one, other) => one['bytes']! - other['bytes']! || one['streams']! - other['streams']!)
    .map(
      (setting): Panel => ({
        title: `${setting['streams']!.toLocaleString('en')} streams, ${setting['bytes']!.toLocaleString('en')} bytes`,
        bars: rowsOf(results, { figure: 'cpu', setting, measure: 'cpu' }),
      }),
    )
  if (panels.length === 0) return undefined
  return {
    name: 'cpu-by-streams',
    title: 'Server CPU per delivered event, in microseconds',
    lines: ['One event a turn. Less is better.', range],
    spec: (head) => bars(head, panels, { unit: 'µs', format: '.1f', columns: 3 }),
  }
}

function memory(results: Results): Picture | undefined {
  const title = 'Memory of the server per idle stream'
  return opening(results, { name: 'memory', title, of: 'Resident, in kB', measure: 'rss', scale: 1 / 1_000 })
}

function connects(results: Results): Picture | undefined {
  const title = 'Server CPU to open a stream'
  return opening(results, { name: 'connects', title, of: 'In microseconds', measure: 'cpu', scale: 1 })
}

/** What opening streams costs, in one measure. */
function opening(
  results: Results,
  picture: { name: string; title: string; of: string; measure: 'rss' | 'cpu'; scale: number },
): Picture | undefined {
  const { name, title, of, measure, scale } = picture
  const panels = only(results, { figure: 'opening', measure }, scale)
  const axis = measure === 'rss' ? { unit: 'kB', format: '.1f' } : { unit: 'µs', format: '.0f' }
  const lines = [`${of}. Less is better.`, range]
  return panels && { name, title, lines, spec: (head) => bars(head, panels, axis) }
}

function latency(results: Results): Picture | undefined {
  const panels = settingsOf(results, 'latency').map((setting) => ({
    title: setting['stalled'] ? `${setting['stalled']} of them never read` : 'all read',
    rows: ['p50', 'p99', 'max'].flatMap((measure) =>
      rowsOf(results, { figure: 'latency', setting, measure }).map(({ title, kind, spread }) => ({
        title,
        kind,
        measure,
        value: spread.median / 1_000,
      })),
    ),
  }))
  if (panels.length === 0) return undefined
  const { streams = 0, interval = 0 } = settingsOf(results, 'latency')[0] ?? {}
  return {
    name: 'latency',
    title: 'Latency from asking for an event to reading it',
    lines: [
      `${streams.toLocaleString('en')} streams, ${1_000 / interval} events a second, 200 bytes an event; milliseconds, logarithmic. Medians of the repetitions.`,
    ],
    spec: (head) => points(head, panels),
  }
}

function resume(results: Results): Picture | undefined {
  const settings = settingsOf(results, 'resume')
  const row = (setting: Key['setting'], measure: string, factor: number): Bar[] =>
    rowsOf(results, { figure: 'resume', setting, measure }).map((each) => ({
      ...scaled(each, factor),
      title: setting['missed'] ? `resumed, ${setting['missed']} missed` : 'fresh',
    }))
  const panels: Panel[] = [
    {
      title: 'until all have everything',
      bars: settings.flatMap((setting) => row(setting, 'milliseconds', 1)),
    },
    { title: 'server CPU', bars: settings.flatMap((setting) => row(setting, 'cpu', 1 / 1_000)) },
  ]
  if (settings.length === 0) return undefined
  const reads = settings.flatMap((setting) => row(setting, 'reads', 1).map(({ spread }) => spread.high))
  return {
    name: 'resume',
    title: `${settings[0]?.['streams']?.toLocaleString('en')} streams that come at once`,
    lines: [
      `Milliseconds. Those that resume are served from the window: ${Math.max(...reads)} calls of the broker.`,
      range,
    ],
    spec: (head) => bars(head, panels, { unit: 'ms', format: '.0f' }),
  }
}

function only(
  results: Results,
  { figure, measure }: Pick<Key, 'figure' | 'measure'>,
  factor: number,
): Panel[] | undefined {
  const panels = settingsOf(results, figure).map(
    (setting): Panel => ({
      title: `${setting['streams']?.toLocaleString('en')} streams`,
      bars: rowsOf(results, { figure, setting, measure }).map((row) => scaled(row, factor)),
    }),
  )
  return panels.length > 0 ? panels : undefined
}

function scaled<R extends Bar>(row: R, factor: number): R {
  const { median, low, high, count } = row.spread
  return { ...row, spread: { median: median * factor, low: low * factor, high: high * factor, count } }
}
