import { readFileSync } from 'node:fs'

/** How many tests ended how. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const none: Counts = { passed: 0, failed: 0, skipped: 0 }
/** For a step that has no tests to count, and for a runner that broke. */
export const oneFailed: Counts = { ...none, failed: 1 }

export function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }),
    none,
  )
}

/** The line a run ends with. Others read it: its form does not change. */
export function line({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** What we read of vitest's JSON report. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
}

/**
 * The counts of one runner. No failure is lost between its report and its exit status: a file that could not
 * be loaded, an unhandled error, a missing report or a crash makes the status non-zero (or there is nothing
 * to read) though no test failed, and counts as one.
 */
export function countsOf(reportFile: string, status: number | null): Counts {
  const counts = read(reportFile)
  if (!counts) return oneFailed
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

function read(file: string): Counts | undefined {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    const counts = {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
    }
    return Object.values(counts).every(Number.isSafeInteger) ? counts : undefined
  } catch {
    return undefined
  }
}
