/** Numbers for people. */

const none = '–'
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 })
const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

export const count = (value: number): string => whole.format(value)

/** Three digits at most: more would be noise. */
export function duration(milliseconds: number | null): string {
  if (milliseconds === null) return none
  if (Math.abs(milliseconds) >= 1000) return `${three.format(milliseconds / 1000)} s`
  return `${milliseconds < 10 ? short.format(milliseconds) : whole.format(milliseconds)} ms`
}

export function bytes(value: number | null): string {
  if (value === null) return none
  if (value < 1000) return `${whole.format(value)} B`
  return value < 1e6 ? `${three.format(value / 1000)} kB` : `${three.format(value / 1e6)} MB`
}

export const ratio = (value: number | null): string => (value === null ? none : short.format(value))
