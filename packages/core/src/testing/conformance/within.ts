import { AssertionError } from 'node:assert/strict'

/** Settles as the promise does. @throws when that takes more than so many milliseconds */
export async function within<T>(milliseconds: number, promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new AssertionError({ message: `${what}: not within ${milliseconds} ms` })),
    milliseconds,
  )
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
