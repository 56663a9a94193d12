/** Whether a value can be awaited: a promise, or an object with a method `then`. A property `then` that throws does not count. */
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
