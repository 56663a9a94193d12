import { expect } from 'vitest'
import { SseError } from '../../src/index.ts'
import { Hostile } from './hostile-values.ts'

/**
 * What a call was refused with; `undefined` when it worked.
 *
 * @throws when the refusal is not a clear one: an `SseError` that says what was wrong with which value, or what the value itself threw
 */
export async function refused(call: () => unknown): Promise<SseError | Hostile | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    return clear(error)
  }
}

/** As `refused`, for a call that answers at once. */
export function thrown(call: () => unknown): SseError | Hostile | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return clear(error)
  }
}

function clear(error: unknown): SseError | Hostile {
  if (error instanceof Hostile) return error
  if (!(error instanceof SseError)) throw error
  expect(error.code).toMatch(/^(invalid|too|event|id|headers|no|not|closed)(-[a-z]+)*$/)
  expect(error.message).toMatch(/^.{10,}[.…?]$/su)
  expect(error.message.length).toBeLessThan(400)
  return error
}
