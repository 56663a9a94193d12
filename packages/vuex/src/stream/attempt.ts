import type { ReportError } from '@sse/client'

/** Runs what belongs to the app: what it throws or rejects with is reported, and stops nothing. */
export interface Attempt {
  (run: () => unknown, event: string): void
  /** Tells an error and the event it came of. Never throws: when the app's own `onError` does, both errors are on the console. */
  report(error: unknown, event: string): void
}

export function createAttempt(onError: ReportError): Attempt {
  function report(error: unknown, event: string): void {
    try {
      onError(error, { event })
    } catch (again) {
      console.error(error, again)
    }
  }

  function attempt(run: () => unknown, event: string): void {
    const failed = (error: unknown) => report(error, event)
    try {
      const result = run()
      if (isThenable(result)) result.then(null, failed)
    } catch (error) {
      failed(error)
    }
  }

  return Object.assign(attempt, { report })
}

/** Not only `Promise`: Vuex takes whatever promises the app brings along. */
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function'
