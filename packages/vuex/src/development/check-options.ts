import { SseError } from '@sse/vue'
import {
  checkOptions as checkBase,
  checkEventName,
  checkNames,
  type Elsewhere,
  isBoolean,
  isFunction,
  isList,
  isObject,
  isText,
  OPTIONS as OPTIONS_OF_VUE,
  type Rules,
  show,
  valuesOf,
  wrong,
} from '@sse/vue/internal'

/** The names of all options. A type test checks that none is missing. */
export const OPTIONS = ['url', 'events', 'records', 'presence', ...OPTIONS_OF_VUE] as const

const NAMES = [...new Set(OPTIONS)].filter((name) => name !== 'connect' && name !== 'hydrate')

const ELSEWHERE: Elsewhere = {
  ...{ name: 'Did you mean namespace?', stream: 'Did you mean namespace?' },
  connect: "It belongs to @sse/vue and @sse/pinia. Connect with store.dispatch('sse/connect')",
  hydrate: 'It belongs to @sse/vue and @sse/pinia. Here the state of the store has the position of the page',
}

const channelRule = (option: string, mutation: string): Rules[string] => [
  (value) => isObject(value) && !isList(value),
  `Write an object with a target for each channel: \`${option}: { prices: '${mutation}' }\``,
]

const RULES: Rules = {
  events: [
    (value) => isObject(value) && !isList(value),
    "Write an object with a target for each event: `events: { note: 'notes/add' }`",
  ],
  records: channelRule('records', 'prices/replace'),
  presence: channelRule('presence', 'room/setMembers'),
  resync: [
    (value) => value === false || isFunction(value) || isObject(value),
    "Write `{ dispatch: 'notes/load' }`, a function that loads, or `false` if nothing has to be loaded",
  ],
}

/**
 * Checks the options of `createSse`. Only own properties with a value count, as everywhere.
 *
 * @throws SseError `invalid-option`
 */
export function checkOptions(options: unknown): void {
  checkBase(options, NAMES, RULES, ELSEWHERE)
  const { events, records, presence, resync } = options as Readonly<Record<string, object | undefined>>
  for (const [event, mapping] of valuesOf(events ?? {})) checkEvent(event, mapping)
  for (const [option, mappings] of Object.entries({ records, presence }))
    for (const [channel, mapping] of valuesOf(mappings ?? {}))
      checkMapping(`${option}.${channel}`, mapping, ['commit', 'dispatch'], [])
  if (isObject(resync)) checkName('resync', resync, ['dispatch'], [])
}

/**
 * Checks what a composable of a store was given as its stream. The composables of `@sse/vue` also take the object of `createSse`.
 *
 * @throws SseError `invalid-use`
 */
export function checkNamespace(namespace: unknown): void {
  if (isText(namespace)) return
  throw new SseError(
    'invalid-use',
    `useSse and useSseEvent of a store take the \`namespace\` of a stream, not ${show(namespace)}`,
    namespace,
  )
}

function checkEvent(event: string, mapping: unknown): void {
  checkEventName(event)
  checkMapping(`events.${event}`, mapping, ['commit', 'dispatch', 'run'], ['batch'])
}

function checkMapping(
  where: string,
  mapping: unknown,
  kinds: readonly string[],
  others: readonly string[],
): void {
  for (const target of [mapping].flat()) {
    if (isText(target) || isFunction(target)) continue
    if (!isObject(target) || isList(target)) {
      throw wrong(
        `${where} cannot be ${show(target)}. Write the name of a mutation, { dispatch: 'notes/add' } for an action, or a function`,
        target,
      )
    }
    checkName(where, target, kinds, others)
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
