/** Whether a value is a promise, or anything else that can be awaited. What throws when it is looked at is not. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return (
      typeof value === 'object' &&
      value !== null &&
      typeof (value as PromiseLike<unknown>).then === 'function'
    )
  } catch {
    return false
  }
}
