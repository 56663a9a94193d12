import { SseError } from '@sse/client'

/** The names of all options: those of `SseOptions`, which extend those of the client. A type test checks that none is missing. */
export const OPTIONS = [
  ...['url', 'resync', 'namespace', 'batch', 'freeze', 'keep', 'connect', 'hydrate', 'use'],
  ...['EventSource', 'withCredentials', 'headers', 'refresh', 'lastEventId', 'channels', 'parse'],
  ...['backoff', 'connectTimeout', 'maxAttempts', 'watchdog', 'polls', 'persist', 'share'],
  ...['redirects', 'maxEventBytes', 'onError', 'clock'],
] as const

/** Options that concern the connection. A stream that shares the connection of another one has none of them. */
const isForConnection = (name: string) =>
  !['use', 'resync', 'events', 'namespace', 'batch', 'freeze', 'keep', 'onError'].includes(name)

export const isText = (value: unknown) => typeof value === 'string' && value !== ''
export const isFunction = (value: unknown): value is (...given: unknown[]) => unknown =>
  typeof value === 'function'
export const isBoolean = (value: unknown) => typeof value === 'boolean'
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
export const isList = (value: unknown): value is unknown[] => Array.isArray(value)
const isParseRule = (value: unknown) => value === 'json' || value === 'text' || isFunction(value)
const isRuleOfEvent = ([, value]: [string, unknown]) => isParseRule(value)

/** What belongs to the parts of the toolkit beside `createSse` of this package, and where it belongs. */
const ELSEWHERE: Elsewhere = {
  ...{ name: 'Did you mean namespace?', stream: 'Did you mean namespace?' },
  events: `It belongs to @sse/vuex and @sse/pinia. Use useSseEvent or useSseList`,
  records: 'It belongs to @sse/vuex and @sse/pinia. Use useSseRecords',
  presence: 'It belongs to @sse/vuex and @sse/pinia. Use usePresence',
  ...Object.fromEntries(
    ['key', 'load', 'filter', 'sort'].map((name) => [name, 'It belongs to useSseList()']),
  ),
}

/** Ways out for names that are not options here, by the name. */
export type Elsewhere = Readonly<Record<string, string>>

/** The allowed values of an option, and what to write instead of another value. The client checks its own numbers. */
export type Rules = Readonly<Record<string, readonly [accepts: (value: unknown) => boolean, way: string]>>

const RULES: Rules = {
  url: [
    (value) => isText(value) || isFunction(value) || (isObject(value) && 'href' in value),
    "Write the address of the stream: `url: '/events'`",
  ],
  use: [(value) => isObject(value) || isFunction(value), 'Write the object of another createSse()'],
  resync: [
    (value) => value === false || isFunction(value),
    'Write a function that loads, or `false` if nothing has to be loaded',
  ],
  namespace: [isText, "Write the name of the stream: `namespace: 'prices'`"],
  connect: [isBoolean, 'Write `false` to connect only by `connect()`'],
  hydrate: [
    (value) => isObject(value) && isObject((value as { lists?: unknown }).lists),
    'Write what `sse.dehydrate(app)` gave on the server',
  ],
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
 * @param names the options of a package for a store
 * @param more its own rules
 * @param elsewhere where options of other packages belong
 * @throws SseError `invalid-option`
 */
export function checkOptions(
  options: unknown,
  names: readonly string[] = OPTIONS,
  more: Rules = {},
  elsewhere: Elsewhere = ELSEWHERE,
): asserts options is object {
  const use = pluginUse(options)
  if (use) throw wrong(`createSse needs a call before it is a plugin. Write ${use}`, options)
  if (!isObject(options)) {
    throw wrong(
      `createSse() takes an object, not ${show(options)}. Write createSse({ url: '/events' })`,
      options,
    )
  }
  const isShared = valuesOf(options).some(([name]) => name === 'use')
  const others = names.filter((name) => isShared && isForConnection(name))
  const known = names.filter((name) => !others.includes(name))
  const ofConnection = others.map((name) => [name, 'Give it to the stream whose connection this one uses'])
  const given = Object.fromEntries(
    checkNames('', options, known, { ...elsewhere, ...Object.fromEntries(ofConnection) }),
  )
  checkValues('', given, { ...RULES, ...more }, isShared ? [] : ['url'])
}

/**
 * What has to be written instead of a `createSse` that was not called, by what called it then: an app of Vue 3, the constructor of Vue 2.7, a
 * store of Vuex, or a Pinia for a new store.
 */
function pluginUse(given: unknown): string | undefined {
  const call = "createSse({ url: '/events' })"
  const has = (...names: readonly string[]) => names.every((name) => name in Object(given))
  if (has('use', 'mixin', 'directive')) return `${isFunction(given) ? 'Vue' : 'app'}.use(${call})`
  if (has('pinia', 'store', 'options')) return `pinia.use(${call})`
  return has('commit', 'dispatch', 'registerModule') ? `plugins: [${call}]` : undefined
}

/**
 * @param where stands before the names in a message: `'sse.'`, `'useSseList: '`
 * @returns the given options, all with known names
 */
export function checkNames(
  where: string,
  given: object,
  known: readonly string[],
  elsewhere: Elsewhere = {},
): [string, unknown][] {
  const values = valuesOf(given)
  for (const [name] of values) {
    if (known.includes(name)) continue
    const meant = closest(name, known)
    const way = meant
      ? `Did you mean ${where.replace(/^\w+: /, '')}${meant}?`
      : `The options are ${known.join(', ')}`
    throw wrong(`${where}${name} is not an option. ${valueIn(elsewhere, name) ?? way}`, name)
  }
  return values
}

/** @param needed the options that must have a value */
export function checkValues(
  where: string,
  given: Readonly<Record<string, unknown>>,
  rules: Rules,
  needed: readonly string[],
): void {
  for (const [name, [accepts, way]] of Object.entries(rules)) {
    const value = given[name]
    const isChecked = value !== undefined || needed.includes(name)
    if (isChecked && !accepts(value)) throw wrong(`${where}${name} cannot be ${show(value)}. ${way}`, value)
  }
}

/** Nobody maps the client's own events, because a load or a frame must not hold them back. */
export function checkEventName(event: string, where = 'events'): void {
  if (event.startsWith('sse.')) {
    throw wrong(
      `${where} cannot map '${event}', which the client itself emits. Listen for it with useSseEvent('${event}', …)`,
      event,
    )
  }
}

/** An own property, because a name may be that of an inherited one. */
const valueIn = (values: Elsewhere, name: string) => (Object.hasOwn(values, name) ? values[name] : undefined)

export const valuesOf = (given: object) => Object.entries(given).filter(([, value]) => value !== undefined)

export const wrong = (message: string, value: unknown) => new SseError('invalid-option', message, value)

export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (isFunction(value)) return 'a function'
  if (isList(value)) return 'a list'
  return isObject(value) ? 'an object' : String(value)
}

/** The known name that was probably meant: the one with the fewest changed letters, if they are few. `sortBy` means `sort`. */
export function closest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, changes: countChanges(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(
      ({ candidate, changes }) =>
        changes < Math.min(4, candidate.length / 2) || (changes <= 2 && name.startsWith(candidate)),
    )
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
