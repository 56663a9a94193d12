import { styleText } from 'node:util'
import type { Spread } from '../statistics.ts'
import { type Row, rowsOf, settingsOf } from './compare.ts'
import { goalsOf } from './goals.ts'
import type { Results } from './results.ts'

/** What a measure is called, and how its numbers are written. */
interface Column {
  readonly measure: string
  readonly title: string
  readonly write: (value: number) => string
}

const two = (value: number) => value.toFixed(2)
const whole = (value: number) => Math.round(value).toLocaleString('en')
const milliseconds = (microseconds: number) => (microseconds / 1_000).toFixed(1)

const columns: Readonly<Record<string, readonly Column[]>> = {
  cpu: [{ measure: 'cpu', title: 'µs a delivery', write: two }],
  cores: [
    { measure: 'cpu', title: 'µs a delivery', write: two },
    { measure: 'uneven', title: 'busier ÷ other worker', write: two },
  ],
  opening: [
    { measure: 'rss', title: 'kB a stream', write: (bytes) => (bytes / 1_000).toFixed(1) },
    { measure: 'cpu', title: 'µs of CPU a connect', write: whole },
    { measure: 'perSecond', title: 'connects a second', write: whole },
  ],
  latency: [
    { measure: 'p50', title: 'p50 ms', write: milliseconds },
    { measure: 'p99', title: 'p99 ms', write: milliseconds },
    { measure: 'max', title: 'max ms', write: milliseconds },
  ],
  reached: [
    { measure: 'p50', title: 'p50 ms', write: milliseconds },
    { measure: 'p99', title: 'p99 ms', write: milliseconds },
    { measure: 'max', title: 'max ms', write: milliseconds },
  ],
  interactive: [{ measure: 'milliseconds', title: 'ms', write: whole }],
  resume: [
    { measure: 'milliseconds', title: 'ms', write: whole },
    { measure: 'cpu', title: 'ms of CPU', write: (microseconds) => whole(microseconds / 1_000) },
    { measure: 'reads', title: 'broker reads', write: whole },
  ],
}

/** Everything that a figure gave, as text. */
export function figureTable(results: Results, figure: string): string {
  if (figure === 'resume') return resumeTable(results)
  const parts = (columns[figure] ?? []).flatMap((column) =>
    settingsOf(results, figure).map((setting) => {
      const rows = rowsOf(results, { figure, setting, measure: column.measure })
      return table(
        [saySetting(setting), column.title, 'least – most', '× floor', 'ours ÷ it'],
        rows.map((row) => cells(row, column)),
        rows.map(({ kind }) => kind === 'ours'),
      )
    }),
  )
  const out = results.disqualified
    .filter((each) => each.figure === figure)
    .map(({ contestant, reason }) => `disqualified: ${contestant}: ${reason}`)
  return [...parts, ...out].join('\n\n')
}

/** Both kinds of crowd, one below the other. */
function resumeTable(results: Results): string {
  const resumes = columns['resume'] ?? []
  const rows = settingsOf(results, 'resume').map((setting) => [
    saySetting(setting),
    ...resumes.flatMap(({ measure, write }) => {
      const [row] = rowsOf(results, { figure: 'resume', setting, measure })
      return row ? [write(row.spread.median), range(row.spread, write)] : ['', '']
    }),
  ])
  return table(['ours', ...resumes.flatMap(({ title }) => [title, 'least – most'])], rows, [])
}

/** `1,000 streams, 1 event a turn, 200 bytes`. */
function saySetting({
  streams = 0,
  events,
  bytes,
  stalled,
  missed,
  interval,
  pages,
  writes,
  followed,
  workers,
  signedIn,
  slowdown,
}: Readonly<Record<string, number>>): string {
  if (pages !== undefined)
    return `${pages} pages, ${whole(writes ?? 0)} writes on a channel that they ${followed ? 'follow' : 'do not follow'}`
  if (signedIn !== undefined)
    return `${signedIn ? 'the list' : 'the sign-in page'}, ${slowdown} times slower processor`
  const words = [`${whole(streams)} streams`]
  if (workers !== undefined) words.unshift(workers === 1 ? 'one process' : `${workers} workers`)
  if (events !== undefined) words.push(events === 1 ? '1 event a turn' : `${events} events a turn`)
  if (bytes !== undefined) words.push(`${whole(bytes)} bytes`)
  if (stalled !== undefined) words.push(stalled === 0 ? 'all read' : `${stalled} never read`)
  if (interval !== undefined) words.push(`${1_000 / interval} turns a second`)
  if (missed !== undefined) words.push(missed === 0 ? 'fresh' : `resumed, ${missed} events missed`)
  return words.join(', ')
}

/** What was promised, what was measured, and whether it is met. */
export function goalsTable(results: Results): string {
  const goals = goalsOf(results)
  return table(
    ['goal', 'at most', 'measured', 'least – most', ''],
    goals.map(({ text, limit, measured, met }) => [
      text,
      String(limit),
      measured ? two(measured.median) : '',
      measured ? range(measured, two) : '',
      met === undefined ? 'not measured' : met ? 'met' : 'NOT MET',
    ]),
    goals.map(({ met }) => met === true),
  )
}

function cells({ title, spread, toFloor, ours }: Row, { write }: Column): string[] {
  return [
    title,
    write(spread.median),
    range(spread, write),
    toFloor ? two(toFloor.median) : '',
    ours ? two(ours.median) : '',
  ]
}

function range({ low, high }: Spread, write: (value: number) => string): string {
  return `${write(low)} – ${write(high)}`
}

/** The first column stands left, the others right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  bold: readonly boolean[],
): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('   ')
  return [
    styleText('dim', line(head)),
    ...rows.map((row, index) => (bold[index] ? styleText('bold', line(row)) : line(row))),
  ].join('\n')
}
