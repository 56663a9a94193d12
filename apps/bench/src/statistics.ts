/** Half of the values are below it. @throws RangeError when there are none */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which so much of the values lies, 0 to 1, interpolated between the two nearest. @throws RangeError when there are none */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new RangeError('Of no values there is no quantile.')
  const sorted = Float64Array.from(values).sort()
  const place = part * (sorted.length - 1)
  const below = sorted[Math.floor(place)]!
  const above = sorted[Math.ceil(place)]!
  return below + (above - below) * (place - Math.floor(place))
}

/** Repetitions in short: their median, the least and the greatest, and how many there were. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly count: number
}

/** @throws RangeError when there are no values */
export function spread(values: readonly number[]): Spread {
  return {
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
    count: values.length,
  }
}

/**
 * How many times the reference, by repetition: what disturbed the machine during one disturbed both. Repetitions that only one of the two
 * has are left out; `undefined` when they have none in common.
 */
export function ratio(
  own: ReadonlyMap<number, number>,
  reference: ReadonlyMap<number, number>,
): Spread | undefined {
  const ratios = [...own].flatMap(([repetition, value]) => {
    const other = reference.get(repetition)
    return other === undefined || other === 0 ? [] : [value / other]
  })
  return ratios.length > 0 ? spread(ratios) : undefined
}
