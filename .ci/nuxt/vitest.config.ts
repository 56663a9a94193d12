import { defineConfig } from 'vitest/config'

/** Not in `pnpm test`: the project takes hundreds of packages from npm. `test:faults` of the examples runs it. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['nuxt.faults.ts'],
    testTimeout: 120_000,
    hookTimeout: 900_000,
  },
})
