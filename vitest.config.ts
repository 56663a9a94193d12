import { defineConfig } from 'vitest/config'

/** Tests run the sources: the export condition `@sse/source` needs no build before it. */
const source = {
  resolve: { conditions: ['@sse/source'] },
  ssr: { resolve: { conditions: ['@sse/source'], externalConditions: ['@sse/source'] } },
}

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['.ci/**/*.test.ts', 'packages/**/*.test.ts', 'apps/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.browser.test.ts'],
          typecheck: { enabled: true, include: ['packages/**/*.test-d.ts'] },
        },
      },
      {
        ...source,
        test: {
          name: 'browser',
          include: ['**/*.browser.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
