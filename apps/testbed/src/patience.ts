import { vi } from 'vitest'

/**
 * How long a condition may take to come true, in ms. Vitest's default of one second is over too soon on a busy machine. `expect.poll` has a
 * setting for this, `vi.waitFor` and `vi.waitUntil` have not, so every test file begins with this module.
 */
const timeout = 20_000
const { waitFor, waitUntil } = vi

if (!('patient' in waitFor)) {
  vi.waitFor = Object.assign(patient(waitFor), { patient: true })
  vi.waitUntil = patient(waitUntil)
}

function patient<F extends typeof waitFor | typeof waitUntil>(wait: F): F {
  return ((condition: () => unknown, options: number | object = {}) =>
    wait(condition, typeof options === 'number' ? options : { timeout, ...options })) as F
}
