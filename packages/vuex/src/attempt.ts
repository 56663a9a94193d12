import type { ReportError } from '@sse/client'

/** Runs what belongs to the app: what it throws or rejects with is reported, and stops nothing. */
export type Attempt = (run: () => unknown, event: string) => void

/** Tells an error and the event it came of. Never throws: when the app's own `onError` does, both errors are on the console. */
export type Report = (error: unknown, event: string) => void

export function createReport(onError: ReportError): Report {
  return (error, event) => {
    try {
      onError(error, { event })
    } catch (again) {
      console.error(error, again)
    }
  }
}

export function createAttempt(report: Report): Attempt {
  return (run, event) => {
    const failed = (error: unknown) => report(error, event)
    try {
      const result = run()
      if (isThenable(result)) result.then(null, failed)
    } catch (error) {
      failed(error)
    }
  }
}

/** Not only `Promise`: Vuex takes whatever promises the app brings along. */
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function'
