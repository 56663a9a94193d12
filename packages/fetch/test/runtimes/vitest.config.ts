import { defineConfig } from 'vitest/config'

/** The suite within Deno. Bun has its own runner for it. */
export default defineConfig({
  resolve: { conditions: ['@sse/source'] },
  ssr: { resolve: { conditions: ['@sse/source'], externalConditions: ['@sse/source'] } },
  test: { root: import.meta.dirname, include: ['suite.ts'], testTimeout: 60_000, pool: 'forks' },
})
