import { SseError } from '@sse/client'
import { type ChannelName, nameOf } from '../components/channel-name.ts'
import type { ListChanges, ListKey, ListShell } from '../list/use-sse-list.ts'
import {
  checkEventName,
  checkNames,
  checkValues,
  closest,
  type Elsewhere,
  isFunction,
  isList,
  isObject,
  isText,
  OPTIONS,
  type Rules,
  show,
  valuesOf,
  wrong,
} from './check-options.ts'

/** The names of all options of `useSseList`. A type test checks that none is missing. */
export const LIST_OPTIONS = ['key', 'load', 'events', 'channel', 'filter', 'sort', 'name', 'stream'] as const

const ELSEWHERE: Elsewhere = {
  ...Object.fromEntries(OPTIONS.map((name) => [name, 'It belongs to createSse()'])),
  ...{ namespace: 'Did you mean stream?', resync: 'Did you mean load?', channels: 'Did you mean channel?' },
}

const RULES: Rules = {
  key: [
    (value) => isText(value) || isFunction(value),
    "Write the property whose value tells items apart: `key: 'id'`",
  ],
  load: [isFunction, 'Write a function that gives the items, or { items, position }'],
  events: [
    (value) => isObject(value) && !isList(value),
    "Write what each event does: `events: { added: 'put', removed: 'remove' }`",
  ],
  filter: [isFunction, 'Write a function that says whether the data of an event concerns this list'],
  sort: [isFunction, 'Write a function that compares two items'],
  name: [isText, 'Write the name of the list in a rendered page'],
}

/** The events of the client itself. A type test checks that none is missing. Here the state of a stream says whether it is stale. */
export const OWN_EVENTS = [
  ...['sse.state', 'sse.open', 'sse.gap', 'sse.channels', 'sse.ping', 'sse.records'],
  ...['sse.removed', 'sse.presence', 'sse.end', 'sse.invalid', 'sse.unhandled'],
] as const

/**
 * Checks the options of `useSseList`.
 *
 * @returns options whose key refuses items that it does not tell apart
 * @throws SseError `invalid-option`
 */
export function checkList<Options extends ListOptions>(options: Options): Options {
  if (!isObject(options)) {
    throw wrong(
      `useSseList() takes an object, not ${show(options)}. Write useSseList({ key: 'id', load, events: { added: 'put' } })`,
      options,
    )
  }
  checkNames('useSseList: ', options, LIST_OPTIONS, ELSEWHERE)
  checkValues('useSseList: ', { ...(options as object) }, RULES, ['key', 'load', 'events'])
  for (const [event] of valuesOf(options.events)) checkEventName(event, 'useSseList: events')
  checkChannel('useSseList', options.channel)
  // What the app changes in its options later has an effect as in production.
  return Object.create(options, { key: { value: (item: unknown) => keyOf(options, item) } })
}

/** What the checks read of the options of a list. */
interface ListOptions {
  readonly key: unknown
  readonly name?: string | undefined
  readonly events: object
  readonly channel?: ChannelName
}

/** The key of an item. Items without one would become one item. */
function keyOf(options: ListOptions, item: unknown): ListKey {
  const { key } = options
  const what = isFunction(key) ? 'key' : JSON.stringify(key)
  const isMissing = item === undefined || item === null
  const found: unknown = isMissing ? undefined : isFunction(key) ? key(item) : Object(item)[key as string]
  if (typeof found === 'string' || (typeof found === 'number' && !Number.isNaN(found))) return found
  const has = found === undefined || found === null ? `no ${what}` : `${show(found)} as ${what}`
  throw wrong(
    `useSseList: an item of the list ${nameIn(options)} has ${has}: ${excerpt(item)}. The \`key\` gives each item a text or a number of its own`,
    item,
  )
}

/** Checks what a list loads, and the keys that the app gives to it. Nothing has an item as its key. */
export function checkShell<Item>(shell: ListShell<Item>): void {
  const { changes, options } = shell
  const { get, remove } = changes
  const check = (method: string, key: unknown) => {
    if (!isObject(key)) return
    const message = `useSseList: ${method} of the list ${nameIn(options)} takes the key of an item, not ${excerpt(key)}`
    throw misuse(message, key)
  }
  shell.check = (loaded) => checkLoaded(shell, loaded)
  Object.assign(changes, {
    get(key) {
      check('get', key)
      return get(key)
    },
    remove(key) {
      check('remove', key)
      remove(key)
    },
  } satisfies Partial<ListChanges<Item>>)
}

/** Checks what a list has loaded. */
function checkLoaded<Item>({ keyOf, options }: ListShell<Item>, loaded: unknown): void {
  const { items = loaded, position } = Object(loaded) as {
    readonly items?: unknown
    readonly position?: unknown
  }
  const where = `load of the list ${nameIn(options)} gave`
  if (!isList(items)) {
    const what = isObject(loaded)
      ? `an object with ${Object.keys(loaded).join(', ') || 'nothing'}`
      : excerpt(loaded)
    throw misuse(`${where} ${what}: give an array, or { items, position }`, loaded)
  }
  if (position !== undefined && position !== null && typeof position !== 'string')
    throw misuse(`${where} ${show(position)} as position: give the \`hub.position\` of the server`, position)
  const seen = new Set<ListKey>()
  const keys = items.map((item) => keyOf(item as Item))
  const shared = keys.find((key) => seen.has(key) || !seen.add(key))
  if (shared === undefined) return
  console.warn(
    `[@sse/vue] ${where} several items with the same key ${JSON.stringify(shared)}, and shows the last of them. Is \`key\` right?`,
  )
}

/**
 * Checks the name of an event and its handler. Nothing would ever call a missing handler, or one for a name that the client does not have.
 *
 * @param by the function that they were given to
 * @throws SseError `invalid-use`
 */
export function checkListener(by: string, event: unknown, handler: unknown): void {
  const example = `Write ${by}(${isText(event) ? `'${event}'` : "'note'"}, (data) => …)`
  if (!isText(event)) throw misuse(`${by}: the name of an event cannot be ${show(event)}. ${example}`, event)
  if (!isFunction(handler))
    throw misuse(`${by}: the handler of '${event}' cannot be ${show(handler)}. ${example}`, handler)
  const name = event as string
  const own: readonly string[] = OWN_EVENTS
  if (!name.startsWith('sse.') || own.includes(name) || /^sse\.(records|presence):./.test(name)) return
  if (name === 'sse.stale')
    throw misuse(`${by}: nothing emits '${name}' here. Watch \`stale\` of useSse()`, name)
  const meant = closest(name, own)
  const way = meant ? `Did you mean '${meant}'?` : `Its events are ${own.join(', ')}`
  throw misuse(`${by}: the client emits no '${name}'. ${way}`, name)
}

/**
 * Checks the channel of a composable, as it is now. A server render joins none.
 *
 * @throws SseError `invalid-use`
 */
export function checkChannel(composable: string, channel: ChannelName): void {
  if (typeof window === 'undefined') return
  const name: unknown = nameOf(channel)
  if (!name || isText(name)) return
  const way = isList(name)
    ? `Call ${composable} once for each`
    : 'Write a name, a ref of it, or a function that gives it'
  throw misuse(`${composable}: a channel cannot be ${show(name)}. ${way}`, name)
}

/**
 * Checks what a composable was given as its stream.
 *
 * @throws SseError `invalid-use`
 */
export function checkStream(composable: string, stream: unknown, isKnown: boolean): void {
  if (isText(stream) || isKnown) return
  throw misuse(
    `${composable}: the stream cannot be ${show(stream)}. Write its \`namespace\`, or pass the object of createSse()`,
    stream,
  )
}

const misuse = (message: string, value: unknown) => new SseError('invalid-use', message, value)

/** The name of a list in messages. */
const nameIn = ({ name, events }: ListOptions) => JSON.stringify(name ?? Object.keys(events).join())

/** The beginning of a value. */
function excerpt(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 80)
  } catch {
    return show(value)
  }
}
