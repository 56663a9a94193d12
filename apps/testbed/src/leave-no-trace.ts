import { afterAll, vi } from 'vitest'

/** Each test file begins with this module. The next file of the worker finds clocks, globals and modules as this one has found them. */
afterAll(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})
