/** The places at which each slider stops. The server takes everything in between too. */
import type { SettingName } from '../shared/settings.ts'
import { bytes, count, duration } from './figures/format.ts'
import type { Words } from './words/index.ts'

export const steps: Readonly<Record<SettingName, readonly number[]>> = {
  rate: [1, 2, 5, 10, 20, 50, 100],
  interval: [200, 500, 1_000, 2_000, 5_000, 10_000],
  payload: [0, 64, 256, 1_024, 4_096, 16_384],
  clients: [0, 5, 10, 20, 50, 100, 200],
  latency: [0, 10, 25, 50, 100, 250, 500],
}

/** The step that is nearest: another page may have set a value between two. */
export function nearestStep(name: SettingName, value: number): number {
  const distances = steps[name].map((step) => Math.abs(step - value))
  return distances.indexOf(Math.min(...distances))
}

export function settingText(name: SettingName, value: number, words: Words): string {
  if (name === 'rate') return words.perSecond(count(value))
  if (name === 'payload') return bytes(value)
  if (name === 'clients') return count(value)
  return duration(value)
}
