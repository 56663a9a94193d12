import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests run the sources: the export condition `@sse/source` needs no build before it. */
const source = {
  resolve: { conditions: ['@sse/source'] },
  ssr: { resolve: { conditions: ['@sse/source'], externalConditions: ['@sse/source'] } },
}

/** Nothing is asserted about time, and machines are shared. */
const shared = {
  // A worker serves many files, with what it has loaded: starting one takes longer than most files.
  isolate: false,
  testTimeout: 60_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 20_000 } },
  setupFiles: ['apps/testbed/src/patience.ts', 'apps/testbed/src/leave-no-trace.ts'],
}

/** Files that `pnpm test` leaves out because this machine lacks what they need. */
const leftOut = process.env['SSE_TESTS_LEFT_OUT']?.split(' ') ?? []

/**
 * Only `test:faults` runs them. Most are suites that another file runs on a sibling: one Redis, Chromium, nginx, nodes with SQLite, the servers of the
 * docs. Two need the Chromium with windows, whose start costs as much as ten tests.
 */
const long = process.env['SSE_FAULTS']
  ? []
  : [
      'packages/redis/test/conformance-cluster.redis.test.ts',
      'packages/client/test/sharing/share.firefox.browser.test.ts',
      'apps/examples/behind-proxy/{caddy,haproxy}.*',
      'packages/client/test/sharing/back-forward-cache.browser.test.ts',
      'apps/docs/test/fragments.test.ts',
      'apps/notifications/server/nodes/nodes.postgres.test.ts',
      'apps/notifications/test/page/desktop-notifications.browser.test.ts',
    ]

const outside = ['**/node_modules/**', '**/dist/**', ...leftOut, ...long]
const unit = ['.ci/**/*.test.ts', 'packages/**/*.test.ts', 'apps/**/*.test.ts']

/** Files that replace modules, which the next file of the worker would meet, or that weigh the heap, which the files before them have used. */
const alone = globSync(unit, { exclude: ['**/node_modules', '**/dist'] }).filter((file) =>
  /vi\.(?:mock|doMock|resetModules)\(|\bheapUsed\b/.test(readFileSync(file, 'utf8')),
)

/**
 * A clean clone has no durations of an earlier run, and Vitest would begin with the largest files of each project. The longest ones come first: what
 * begins last alone keeps the others waiting. A file beside its source takes a moment; others start processes, and those of `.ci` install packages.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files)
    // Files of a project stay together, because a worker serves one project.
    const projects = ['types', 'alone', 'browser', 'wrapped write', 'unit']
    const rank = ({ project, moduleId }: TestSpecification) => {
      const within = moduleId.includes('/.ci/') ? 0 : moduleId.includes('/src/') ? 2 : 1
      return 3 * projects.indexOf(project.name) + within
    }
    return bySize.sort((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Most tests wait for processes or browsers of theirs. Of two cores, a run uses 1.7 with one worker more, and 1.9 with three.
    maxWorkers: availableParallelism() + 3,
    projects: [
      {
        ...source,
        test: {
          ...shared,
          name: 'unit',
          include: unit,
          exclude: [...outside, '**/*.browser.test.ts', ...alone],
        },
      },
      {
        ...source,
        test: { ...shared, name: 'alone', isolate: true, include: alone, exclude: leftOut },
      },
      {
        ...source,
        test: {
          name: 'types',
          typecheck: {
            enabled: true,
            only: true,
            checker: 'tsgo',
            // The root's does not include them: they would never be red.
            tsconfig: '.ci/tsconfig.test-d.json',
            include: ['packages/**/*.test-d.ts'],
          },
        },
      },
      {
        ...source,
        test: {
          ...shared,
          name: 'wrapped write',
          // Streams write straight to the socket unless `res.write` was wrapped: everything must hold both ways.
          setupFiles: [...shared.setupFiles, 'packages/express/test/wrapped-write.ts'],
          include: ['packages/express/**/*.test.ts'],
          exclude: [
            ...outside,
            ...alone,
            '**/direct.test.ts',
            '**/compression.test.ts',
            // Agents do the wrapping there; what comes back after a drain never depends on how it was written.
            '**/agents.test.ts',
            '**/drain.test.ts',
          ],
        },
      },
      {
        ...source,
        test: {
          ...shared,
          name: 'browser',
          testTimeout: 120_000,
          include: ['**/*.browser.test.ts'],
          exclude: outside,
        },
      },
    ],
  },
})
