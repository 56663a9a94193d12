import { SseError, show } from './errors.ts'

/** What a number must be, and the words for it. */
const kinds = {
  /** A count or a size that is at least one. */
  positive: [(value: number) => value > 0, 'a number above 0'],
  /** Milliseconds, also without end. */
  duration: [(value: number) => value >= 0, 'a number of milliseconds, 0 or more'],
  /** Milliseconds that a timer or a client can wait. */
  delay: [isDelay, 'a whole number of milliseconds from 0 to 2,147,483,647'],
} as const satisfies Record<string, readonly [(value: number) => boolean, string]>

function isDelay(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31
}

/**
 * Checks that options are an object: `null`, or the event's name in their place, would go unnoticed or end in a TypeError.
 *
 * @throws {SseError} `invalid-option`
 */
export function checkObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return
  throw new SseError('invalid-option', `${name} is an object, not ${show(value)}.`, { value })
}

/** Checks an option that may be left out. @throws {SseError} `invalid-option` */
export function checkNumber(name: string, value: unknown, kind: keyof typeof kinds): void {
  const [accepts, words] = kinds[kind]
  if (value === undefined || (typeof value === 'number' && accepts(value))) return
  throw new SseError('invalid-option', `${name} is ${words}, not ${show(value)}.`, { value })
}

/** @throws {SseError} `invalid-option` */
export function checkFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new SseError('invalid-option', `${name} is a function, not ${show(value)}.`, { value })
}

/** Checks a time that is drawn between two. @throws {SseError} `invalid-option` */
export function checkRange(name: string, value: unknown): void {
  if (value === undefined) return
  const [min, max] = Array.isArray(value) && value.length === 2 ? value : []
  if (isDelay(min) && isDelay(max) && min <= max) return
  throw new SseError('invalid-option', `${name} is [min, max] in whole milliseconds, not ${show(value)}.`, {
    value,
  })
}
