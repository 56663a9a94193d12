import { SseError, show } from './errors.ts'

/** The rules for numbers, each with its words for a message. */
const kinds = {
  /** A count or a size that is at least one. */
  positive: [(value: number) => value > 0, 'a number above 0'],
  /** Milliseconds, `Infinity` included. */
  duration: [(value: number) => value >= 0, 'a number of milliseconds, 0 or more'],
  /** Milliseconds that a timer or a client can wait. */
  delay: [isDelay, 'a whole number of milliseconds from 0 to 2,147,483,647'],
} as const satisfies Record<string, readonly [(value: number) => boolean, string]>

function isDelay(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31
}

/**
 * Checks that options are an object. Otherwise `null`, or the event's name in their place, would go unnoticed or end in a TypeError.
 *
 * @throws {SseError} `invalid-option`
 */
export function checkObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return
  throw new SseError('invalid-option', `${name} must be an object, not ${show(value)}.`, { value })
}

/** Checks an option that may be left out. @throws {SseError} `invalid-option` */
export function checkNumber(name: string, value: unknown, kind: keyof typeof kinds): void {
  const [accepts, words] = kinds[kind]
  if (value === undefined || (typeof value === 'number' && accepts(value))) return
  throw new SseError('invalid-option', `${name} must be ${words}, not ${show(value)}.`, { value })
}

/** @throws {SseError} `invalid-option` */
export function checkFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new SseError('invalid-option', `${name} must be a function, not ${show(value)}.`, { value })
}

/**
 * Checks a stream's key. A lone surrogate becomes another character in some brokers, so two keys would become one.
 *
 * @throws {SseError} `invalid-key`
 */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key === 'string' && key.isWellFormed()) return
  const message = `${show(key)} is not a valid key: use a string of well-formed Unicode.`
  throw new SseError('invalid-key', message, { value: key })
}

/** Checks the range of a time that is drawn. @throws {SseError} `invalid-option` */
export function checkRange(name: string, value: unknown): void {
  if (value === undefined) return
  const [min, max] = Array.isArray(value) && value.length === 2 ? value : []
  if (isDelay(min) && isDelay(max) && min <= max) return
  const message = `${name} must be [min, max] in whole milliseconds, each at most 2,147,483,647, not ${show(value)}.`
  throw new SseError('invalid-option', message, { value })
}

/**
 * Refuses own enumerable names with a value that are not options, so that a misspelt option is not ignored.
 *
 * @param where the prefix of a name in a message: `'limits.'`, or nothing
 * @throws {SseError} `invalid-option`, with the name that was probably meant
 */
export function checkNames(where: string, options: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue
    const meant = nearest(name, known)
    const wayOut = meant ? `Did you mean ${where}${meant}?` : `The options are ${known.join(', ')}.`
    const message = `${where}${name.slice(0, 64)} is not an option. ${wayOut}`
    throw new SseError('invalid-option', message, { value: name })
  }
}

/** Names with other meanings in other libraries, and the option that does the same here. */
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

/** The known name that was probably meant: a synonym, the same name in another case, or one of which at most a third of the letters differ. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase()
  const synonym = synonyms[name]
  if (synonym !== undefined && known.includes(synonym)) return synonym
  const [best] = known
    .map((candidate) => ({ candidate, distance: distance(lower, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance)
  return best?.candidate
}

/** The Levenshtein distance: insertions, deletions and replacements of letters. Long names are not compared. */
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
