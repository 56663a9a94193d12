import type { Sample } from '../figures/figure.ts'
import type { Measurement } from './results.ts'

/** Gathers samples into measurements: the repetitions of one measure side by side. */
export function recorder(): { readonly measurements: Measurement[]; record(sample: Sample): void } {
  const found = new Map<string, Measurement>()
  const measurements: Measurement[] = []
  return {
    measurements,
    record({ figure, contestant, setting, repetition, measures }) {
      for (const [measure, value] of Object.entries(measures)) {
        const key = JSON.stringify([figure, contestant, setting, measure])
        const measurement = found.get(key) ?? {
          figure,
          contestant,
          setting: { ...setting },
          measure,
          values: [],
        }
        if (!found.has(key)) measurements.push(measurement)
        found.set(key, measurement)
        while (measurement.values.length < repetition) measurement.values.push(null)
        measurement.values[repetition] = Number(value.toPrecision(6))
      }
    },
  }
}
