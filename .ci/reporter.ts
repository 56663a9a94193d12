import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** How many tests ended how. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const none: Counts = { passed: 0, failed: 0, skipped: 0 }

export function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }),
    none,
  )
}

/** The last line of a run. Other programs read it, so its form does not change. */
export function line({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** What vitest sends to `pnpm test` while it runs. */
export interface Progress {
  readonly counts: Counts
  readonly files: number
  /** Of how many files. */
  readonly of: number
  /** A test that has just failed. */
  readonly failure?: string
  /** The run is complete. */
  readonly done: boolean
}

/** A vitest reporter that counts, and sends the counts to the process that started vitest. */
export default class ProgressReporter implements Reporter {
  #counts = { ...none }
  #files = 0
  #of = 0

  onTestRunStart(specifications: readonly unknown[]): void {
    this.#of = specifications.length
    this.#send()
  }

  onTestCaseResult(test: TestCase): void {
    const { state } = test.result()
    if (state !== 'pending') this.#counts[state]++
    if (state === 'failed') this.#send({ failure: `${test.module.relativeModuleId} > ${test.fullName}` })
  }

  onTestModuleEnd(module: TestModule): void {
    this.#files++
    // A file that cannot be loaded has no test that fails.
    if (module.errors().length > 0) this.#counts.failed++
    this.#send()
  }

  onTestRunEnd(_: readonly TestModule[], errors: readonly unknown[]): void {
    this.#counts.failed += errors.length
    this.#send({ done: true })
  }

  #send(news: Partial<Progress> = {}): void {
    const progress = { counts: { ...this.#counts }, files: this.#files, of: this.#of, done: false, ...news }
    process.send?.(progress satisfies Progress)
  }
}
