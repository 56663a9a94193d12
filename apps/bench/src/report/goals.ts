import type { Spread } from '../statistics.ts'
import { spread } from '../statistics.ts'
import { compare, find, type Key, settingsOf, valuesOf } from './compare.ts'
import type { Results } from './results.ts'

/** What the project promises of its speed. */
export interface Goal {
  readonly text: string
  /** The greatest that meets it. */
  readonly limit: number
  readonly measured: Spread | undefined
  /** `undefined`: this run did not measure it. */
  readonly met: boolean | undefined
}

/** The goals against what was measured; medians count. */
export function goalsOf(results: Results): Goal[] {
  const cpu = (contestant: string, streams: number, events: number): Key => ({
    figure: 'cpu',
    contestant,
    setting: { streams, events, bytes: 200 },
    measure: 'cpu',
  })
  const cpuGoal = (text: string, streams: number, events: number, other: string, limit: number) =>
    goal(
      `server CPU per delivery, ${streams.toLocaleString('en')} streams, ${events} a turn, to ${text}`,
      limit,
      compare(results, cpu('ours', streams, events), cpu(other, streams, events)),
    )
  const cores = (workers: number, measure: string): Key => ({
    figure: 'cores',
    contestant: 'ours',
    setting: { workers },
    measure,
  })
  const uneven = valuesOf(find(results, cores(2, 'uneven')))
  const crowd = largest(results, 'opening')
  const crowdText = (crowd || 10_000).toLocaleString('en')
  const opened = (contestant: string, measure: 'cpu' | 'rss'): Key => ({
    figure: 'opening',
    contestant,
    setting: { streams: crowd },
    measure,
  })
  const openingGoal = (text: string, measure: 'cpu' | 'rss', limit: number) =>
    goal(
      `${text} (${crowdText}), to a bare Express response with the same headers`,
      limit,
      compare(results, opened('ours', measure), opened('express-response', measure)),
    )
  const p99 = (stalled: number): Key => ({
    figure: 'latency',
    contestant: 'ours',
    setting: { stalled },
    measure: 'p99',
  })
  const returning = (missed: number, measure: string): Key => ({
    figure: 'resume',
    contestant: 'ours',
    setting: { missed },
    measure,
  })
  const missed = Math.max(0, ...settingsOf(results, 'resume').map((setting) => setting['missed'] ?? 0))
  const stalled = Math.max(0, ...settingsOf(results, 'latency').map((setting) => setting['stalled'] ?? 0))
  const reads = valuesOf(find(results, returning(missed, 'reads')))
  const resumed = (largest(results, 'resume') || 5_000).toLocaleString('en')
  return [
    cpuGoal('the bare net floor', 100, 1, 'floor', 1.15),
    cpuGoal('nchan', 100, 1, 'nchan', 1),
    cpuGoal('the bare net floor', 1_000, 1, 'floor', 1.1),
    cpuGoal('better-sse', 1_000, 1, 'better-sse', 0.5),
    cpuGoal('nchan', 1_000, 1, 'nchan', 0.95),
    cpuGoal('better-sse', 1_000, 10, 'better-sse', 0.25),
    cpuGoal('the floor writing event by event', 1_000, 10, 'floor-by-event', 0.2),
    openingGoal('server CPU to open a stream', 'cpu', 1.25),
    openingGoal('memory per idle stream', 'rss', 1.05),
    goal(
      'server CPU per delivery, two workers with 2,000 streams, to one process with 1,000',
      1.15,
      compare(results, cores(2, 'cpu'), cores(1, 'cpu')),
    ),
    goal(
      'CPU of the busier of the two workers, to that of the other',
      1.2,
      uneven.length > 0 ? spread(uneven) : undefined,
    ),
    goal(
      'p99 latency with 1 % stalled readers, to without',
      1.3,
      stalled ? compare(results, p99(stalled), p99(0)) : undefined,
    ),
    goal(
      `server CPU of ${resumed} resumes inside the window, to as many fresh connects`,
      1.2,
      missed ? compare(results, returning(missed, 'cpu'), returning(0, 'cpu')) : undefined,
    ),
    goal('broker calls of these resumes', 0, reads.length > 0 ? spread(reads) : undefined),
    ...[1, 0].map((followed) => {
      const waits = valuesOf(
        find(results, { figure: 'reached', contestant: 'ours', setting: { followed }, measure: 'p99' }),
      )
      return goal(
        `ms until a page has \`reached\` its own write on a channel that it ${followed ? 'follows' : 'does not follow'}, p99`,
        followed ? 100 : 1_000,
        waits.length > 0 ? spread(waits.map((wait) => wait / 1_000)) : undefined,
      )
    }),
    ...[0, 1].map((signedIn) => {
      const key = { figure: 'interactive', contestant: 'ours', setting: { signedIn, slowdown: 4 } }
      const waits = valuesOf(find(results, { ...key, measure: 'milliseconds' }))
      return goal(
        `ms until the ${signedIn ? 'list' : 'sign-in page'} of the demo responds in Chromium, 4 times slower processor`,
        1_000,
        waits.length > 0 ? spread(waits) : undefined,
      )
    }),
  ]
}

function goal(text: string, limit: number, measured: Spread | undefined): Goal {
  return { text, limit, measured, met: measured && measured.median <= limit }
}

function largest(results: Results, figure: string): number {
  return Math.max(0, ...settingsOf(results, figure).map((setting) => setting['streams'] ?? 0))
}
