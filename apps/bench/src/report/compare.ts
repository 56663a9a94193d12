import { ratio, type Spread, spread } from '../statistics.ts'
import type { Measurement, Results } from './results.ts'

/** Names one measurement. */
export interface Key {
  readonly figure: string
  readonly contestant: string
  readonly setting: Readonly<Record<string, number>>
  readonly measure: string
}

/** One line of a table or one bar of a chart. */
export interface Row {
  readonly contestant: string
  readonly title: string
  readonly kind: Results['contestants'][number]['kind']
  readonly spread: Spread
  /** Times the floor. */
  readonly toFloor: Spread | undefined
  /** Ours, times this one. */
  readonly ours: Spread | undefined
}

/** The settings of a figure, in the order in which they were measured. */
export function settingsOf({ measurements }: Results, figure: string): Key['setting'][] {
  const texts = measurements
    .filter((measurement) => measurement.figure === figure)
    .map(({ setting }) => JSON.stringify(setting))
  return [...new Set(texts)].map((text) => JSON.parse(text))
}

/** A contestant that was disqualified in the figure has no result in it. */
export function find(results: Results, key: Key): Measurement | undefined {
  const out = results.disqualified.some(
    ({ contestant, figure }) => contestant === key.contestant && figure === key.figure,
  )
  if (out) return undefined
  return results.measurements.find(
    ({ figure, contestant, setting, measure }) =>
      figure === key.figure &&
      contestant === key.contestant &&
      measure === key.measure &&
      Object.entries(key.setting).every(([name, value]) => setting[name] === value),
  )
}

/** How one measurement compares with another, repetition by repetition; `undefined` unless both are there. */
export function compare(results: Results, own: Key, other: Key): Spread | undefined {
  const [numerator, denominator] = [find(results, own), find(results, other)]
  return numerator && denominator && ratio(byRepetition(numerator), byRepetition(denominator))
}

/** All contestants in one figure and setting, the least first. */
export function rowsOf(results: Results, { figure, setting, measure }: Omit<Key, 'contestant'>): Row[] {
  const rows = results.contestants.flatMap(({ name, title, kind }): Row[] => {
    const key = { figure, setting, measure, contestant: name }
    const values = valuesOf(find(results, key))
    if (values.length === 0) return []
    const toFloor = compare(results, key, { ...key, contestant: 'floor' })
    const ours = compare(results, { ...key, contestant: 'ours' }, key)
    return [{ contestant: name, title, kind, spread: spread(values), toFloor, ours }]
  })
  return rows.sort((one, other) => one.spread.median - other.spread.median)
}

export function valuesOf(measurement: Measurement | undefined): number[] {
  return measurement?.values.filter((value) => value !== null) ?? []
}

function byRepetition({ values }: Measurement): Map<number, number> {
  return new Map(
    values.flatMap((value, repetition) => (value === null ? [] : [[repetition, value] as const])),
  )
}
