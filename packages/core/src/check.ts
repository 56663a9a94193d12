import { SseError, show } from './errors.ts'

/** The longest delay in milliseconds that a 32-bit timer holds: 24.8 days. Timers treat a longer one as no delay. */
export const maxDelay = 2 ** 31 - 1

/** Kinds of numbers, each with its condition and its description. */
const kinds = {
  /** A count or a size. */
  positive: [(value: number) => value > 0, 'a number above 0'],
  /** Milliseconds, including `Infinity`. */
  duration: [(value: number) => value >= 0, 'a number of milliseconds, 0 or more'],
  /** Milliseconds that a timer or a client can wait. */
  delay: [isDelay, 'a whole number of milliseconds from 0 to 2,147,483,647'],
} as const satisfies Record<string, readonly [(value: number) => boolean, string]>

function isDelay(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maxDelay
}

/** @throws {SseError} `invalid-option` */
export function refuseOption(name: string, words: string, value: unknown): never {
  throw new SseError('invalid-option', `${name} must be ${words}, not ${show(value)}.`, { value })
}

/**
 * Checks that options are an object. Without the check, `null` or an event name in their place would be ignored or cause a TypeError.
 *
 * @throws {SseError} `invalid-option`
 */
export function checkObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return
  refuseOption(name, 'an object', value)
}

/** Checks an optional number. @throws {SseError} `invalid-option` */
export function checkNumber(name: string, value: unknown, kind: keyof typeof kinds): void {
  const [accepts, words] = kinds[kind]
  if (value === undefined || (typeof value === 'number' && accepts(value))) return
  refuseOption(name, words, value)
}

/** Checks an optional function. @throws {SseError} `invalid-option` */
export function checkFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  refuseOption(name, 'a function', value)
}

/**
 * Checks the key of a stream. Some brokers replace lone surrogates, so two keys would become the same.
 *
 * @throws {SseError} `invalid-key`
 */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key === 'string' && key.isWellFormed()) return
  throw new SseError('invalid-key', `${show(key)} is not a valid key: use a string of well-formed Unicode.`, {
    value: key,
  })
}

/** Checks an optional range of milliseconds. @throws {SseError} `invalid-option` */
export function checkRange(name: string, value: unknown): void {
  if (value === undefined) return
  const [min, max] = Array.isArray(value) && value.length === 2 ? value : []
  if (isDelay(min) && isDelay(max) && min <= max) return
  refuseOption(name, '[min, max] in whole milliseconds, each at most 2,147,483,647', value)
}

/**
 * Refuses own enumerable names that have a value and are not options, so that a misspelt option is not ignored.
 *
 * @param where a prefix for the names in a message, such as `'limits.'`, or nothing
 * @throws {SseError} `invalid-option`; its message suggests the most similar option
 */
export function checkNames(where: string, options: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue
    const similar = mostSimilar(name, known)
    const advice = similar ? `Did you mean ${where}${similar}?` : `The options are ${known.join(', ')}.`
    throw new SseError('invalid-option', `${where}${name.slice(0, 64)} is not an option. ${advice}`, {
      value: name,
    })
  }
}

/** Names from other libraries, with the option that does the same here. */
const synonyms: Readonly<Record<string, string>> = {
  perUser: 'perKey',
  user: 'key',
  name: 'event',
  type: 'event',
  origin: 'origins',
  cors: 'origins',
  timeout: 'stall',
  ping: 'heartbeat',
  keepAlive: 'heartbeat',
  lastEventId: 'since',
}

/** The most similar known name: a synonym, or a name that differs in case or in at most a third of its letters. */
function mostSimilar(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase()
  const synonym = synonyms[name]
  if (synonym !== undefined && known.includes(synonym)) return synonym
  const [best] = known
    .map((candidate) => ({ candidate, distance: distance(lower, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance)
  return best?.candidate
}

/** The Levenshtein distance: the number of letters to insert, delete and replace. Long names are not compared. */
function distance(one: string, other: string): number {
  if (one.length > 64) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (let column = 1; column <= other.length; column++) {
      const replaced = row[column - 1]! + (letter === other[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1))
    }
    row = next
  }
  return row[other.length]!
}
