import { SseError } from '@sse/client'

/** The names of all options: those of `SseOptions`, which extend those of the client. A type test checks that none is missing. */
export const OPTIONS = [
  ...['url', 'events', 'resync', 'namespace', 'batch', 'freeze', 'keep'],
  ...['EventSource', 'withCredentials', 'headers', 'refresh', 'lastEventId', 'channels', 'parse'],
  ...['backoff', 'connectTimeout', 'maxAttempts', 'watchdog', 'polls', 'persist', 'share'],
  ...['redirects', 'maxEventBytes', 'onError', 'clock'],
] as const

const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isFunction = (value: unknown) => typeof value === 'function'
const isBoolean = (value: unknown) => typeof value === 'boolean'
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isList = (value: unknown) => Array.isArray(value)
const isParseRule = (value: unknown) => value === 'json' || value === 'text' || isFunction(value)
const isRuleOfEvent = ([, value]: [string, unknown]) => isParseRule(value)

/** The allowed values of an option, and what to write instead of another value. The client checks its own numbers. */
const RULES: Readonly<Record<string, readonly [accepts: (value: unknown) => boolean, way: string]>> = {
  url: [
    (value) => isText(value) || isFunction(value) || (isObject(value) && 'href' in value),
    "Write the address of the stream: `url: '/events'`",
  ],
  events: [
    (value) => isObject(value) && !isList(value),
    "Write an object with a target for each event: `events: { note: 'notes/add' }`",
  ],
  resync: [
    (value) => value === false || isFunction(value) || isObject(value),
    "Write `{ dispatch: 'notes/load' }`, a function that loads, or `false` if nothing has to be loaded",
  ],
  namespace: [isText, "Write the name of the module: `namespace: 'prices'`"],
  batch: [isBoolean, 'Write `true` or `false`'],
  freeze: [isBoolean, 'Write `true` or `false`'],
  keep: [(value) => Number.isInteger(value) && (value as number) >= 0, 'Write how many events to keep'],
  channels: [isList, "Write a list of names: `channels: ['news']`"],
  parse: [
    (value) =>
      isParseRule(value) || (isObject(value) && !isList(value) && valuesOf(value).every(isRuleOfEvent)),
    "Write 'json', 'text', a function, or an object with one of these for each event",
  ],
  refresh: [isFunction, 'Write a function that renews the credentials'],
  onError: [isFunction, 'Write a function that takes the error'],
}

/**
 * Checks the options of `createSse`. Only own properties with a value count, as everywhere.
 *
 * @throws SseError `invalid-option`
 */
export function checkOptions(options: unknown): void {
  if (!isObject(options)) {
    throw wrong(
      `createSse() takes an object, not ${show(options)}. Write createSse({ url: '/events' })`,
      options,
    )
  }
  const given = Object.fromEntries(checkNames('', options, OPTIONS))
  for (const [name, [accepts, way]] of Object.entries(RULES)) {
    const value = given[name]
    const isMissing = value === undefined && name !== 'url'
    if (!isMissing && !accepts(value)) throw wrong(`${name} cannot be ${show(value)}. ${way}`, value)
  }
  const { events, resync } = given as { events?: object; resync?: unknown }
  for (const [event, mapping] of valuesOf(events ?? {})) checkMapping(event, mapping)
  if (isObject(resync)) checkName('resync', resync, ['dispatch'], [])
}

function checkMapping(event: string, mapping: unknown): void {
  if (event.startsWith('sse.')) {
    throw wrong(
      `events cannot map '${event}', which the client itself emits. Listen for it with useSseEvent('${event}', …)`,
      event,
    )
  }
  const where = `events.${event}`
  for (const target of [mapping].flat()) {
    if (isText(target) || isFunction(target)) continue
    if (!isObject(target) || isList(target)) {
      throw wrong(
        `${where} cannot be ${show(target)}. Write the name of a mutation, { dispatch: 'notes/add' } for an action, or a function`,
        target,
      )
    }
    checkName(where, target, ['commit', 'dispatch', 'run'], ['batch'])
  }
}

/** Checks an object of which exactly one property says what it does, such as `{ commit: 'notes/add' }`. */
function checkName(where: string, given: object, kinds: readonly string[], others: readonly string[]): void {
  const values = checkNames(`${where}.`, given, [...kinds, ...others])
  const named = values.filter(([name]) => kinds.includes(name))
  const [kind, value] = named[0] ?? []
  if (named.length !== 1) throw wrong(`${where} needs exactly one of ${kinds.join(', ')}`, given)
  const accepts = kind === 'run' ? isFunction : isText
  if (!accepts(value)) {
    const expected = kind === 'run' ? 'a function' : 'a name'
    throw wrong(`${where}.${kind} cannot be ${show(value)}. Write ${expected}`, value)
  }
  const [, batch] = values.find(([name]) => name === 'batch') ?? []
  if (batch !== undefined && !isBoolean(batch)) {
    throw wrong(`${where}.batch cannot be ${show(batch)}. Write \`true\` or \`false\``, batch)
  }
}

/** @returns the given options, all with known names */
function checkNames(where: string, given: object, known: readonly string[]): [string, unknown][] {
  const values = valuesOf(given)
  for (const [name] of values) {
    if (known.includes(name)) continue
    const meant = closest(name, known)
    const way = meant ? `Did you mean ${where}${meant}?` : `The options are ${known.join(', ')}`
    throw wrong(`${where}${name} is not an option. ${way}`, name)
  }
  return values
}

const valuesOf = (given: object) => Object.entries(given).filter(([, value]) => value !== undefined)

const wrong = (message: string, value: unknown) => new SseError('invalid-option', message, value)

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (isFunction(value)) return 'a function'
  if (isList(value)) return 'a list'
  return isObject(value) ? 'an object' : String(value)
}

/** The known name that was probably meant: the one with the fewest changed letters, if they are few. */
function closest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, changes: countChanges(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, changes }) => changes < Math.min(4, candidate.length / 2))
    .sort((a, b) => a.changes - b.changes)
  return best?.candidate
}

/** The Levenshtein distance. */
function countChanges(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (let column = 0; column < to.length; column++) {
      const changed = row[column]! + (letter === to[column] ? 0 : 1)
      next.push(Math.min(changed, row[column + 1]! + 1, next[column]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
