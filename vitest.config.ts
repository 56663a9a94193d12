import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Tests run the sources: the export condition `@sse/source` needs no build before it. */
const source = {
  resolve: { conditions: ['@sse/source'] },
  ssr: { resolve: { conditions: ['@sse/source'], externalConditions: ['@sse/source'] } },
}

/** Files that `pnpm test` leaves out because this machine lacks what they need. */
const leftOut = process.env['SSE_TESTS_LEFT_OUT']?.split(' ') ?? []

export default defineConfig({
  test: {
    // Many tests wait for processes of theirs: with one worker on two cores, which is the default, both would idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          // Nothing is asserted about time, and machines are shared.
          testTimeout: 30_000,
          include: ['.ci/**/*.test.ts', 'packages/**/*.test.ts', 'apps/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.browser.test.ts', ...leftOut],
          typecheck: {
            enabled: true,
            // Without one of their own they would be checked by the root's, which does not include them: never red.
            tsconfig: '.ci/tsconfig.test-d.json',
            include: ['packages/**/*.test-d.ts'],
          },
        },
      },
      {
        ...source,
        test: {
          name: 'wrapped write',
          // Streams write straight to the socket unless `res.write` was wrapped: everything must hold both ways.
          setupFiles: ['packages/express/test/wrapped-write.ts'],
          testTimeout: 30_000,
          include: ['packages/express/**/*.test.ts'],
          exclude: [
            '**/node_modules/**',
            '**/dist/**',
            '**/direct.test.ts',
            '**/compression.test.ts',
            // Agents do the wrapping there.
            '**/agents.test.ts',
            ...leftOut,
          ],
        },
      },
      {
        ...source,
        test: {
          name: 'browser',
          include: ['**/*.browser.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', ...leftOut],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
