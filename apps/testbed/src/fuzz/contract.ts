import { types } from 'node:util'
import { arrived } from './parsed-stream.ts'

/** What the contract says of a value: told apart here once more, by other means than the code that is tested. */

/** An event as it must arrive. */
export interface ExpectedEvent {
  readonly event: string | undefined
  readonly id: string | undefined
  readonly data: string
}

/** The text of an event's data; `undefined` where it must be refused. */
export function textOf(data: unknown): string | undefined {
  if (typeof data === 'string' || data === undefined) return data ?? ''
  try {
    return isEmptied(data) ? undefined : JSON.stringify(data)
  } catch {
    return undefined
  }
}

/** Whether JSON would write it, or something in it, as `{}` although it says more. */
function isEmptied(data: unknown): boolean {
  if (typeof data !== 'object' || data === null || 'toJSON' in data) return false
  const properties = Object.values(Object.getOwnPropertyDescriptors(data))
  const values = properties.filter(({ enumerable }) => enumerable).map(({ value }) => value)
  return [data, ...values].some(
    (value) =>
      types.isPromise(value) ||
      types.isMap(value) ||
      types.isSet(value) ||
      types.isRegExp(value) ||
      (types.isNativeError(value) && Object.keys(value).length === 0),
  )
}

const oneLine = (text: string) => [...text].every((character) => !'\r\n\0'.includes(character))

export function isEventName(name: unknown): name is string | undefined {
  if (name === undefined) return true
  return (
    typeof name === 'string' &&
    oneLine(name) &&
    name !== 'open' &&
    name !== 'error' &&
    name.slice(0, 4) !== 'sse.'
  )
}

export function isId(id: unknown): id is string | number | undefined {
  if (id === undefined) return true
  if (typeof id !== 'string') return typeof id === 'number' && id - id === 0
  const characters = [...id].map((character) => character.codePointAt(0)!)
  return isWhole(id) && !characters.some(isControl) && Buffer.from(id).length <= 64
}

export function isRetry(retry: unknown): retry is number | undefined {
  return (
    retry === undefined || (typeof retry === 'number' && retry >= 0 && retry % 1 === 0 && retry < 2 ** 31)
  )
}

/** A member of the options of a call; what its getter throws says that they must be refused. */
export function optionsOf<N extends string>(
  options: unknown,
  names: readonly N[],
): Readonly<Record<N, unknown>> | undefined {
  if (options === undefined) return {} as Record<N, undefined>
  if (typeof options !== 'object' || options === null) return undefined
  try {
    // A name that is not an option is refused, if it has a value.
    const given = Object.entries(options).filter(([, value]) => value !== undefined)
    if (given.some(([name]) => !names.includes(name as N))) return undefined
    const entries = names.map((name) => [name, (options as Record<N, unknown>)[name]])
    return Object.fromEntries(entries)
  } catch {
    return undefined
  }
}

/** What `send` must make of a value and its options; `undefined` where it must refuse them. */
export function expectedEvent(
  data: unknown,
  given: unknown,
): (ExpectedEvent & { retry: number | undefined }) | undefined {
  const text = textOf(data)
  const options = optionsOf(given, ['event', 'id', 'retry'])
  if (text === undefined || !options) return undefined
  const { event, id, retry } = options
  if (!isEventName(event) || !isId(id) || !isRetry(retry)) return undefined
  return {
    event: event ? arrived(event) : undefined,
    id: id === undefined ? undefined : arrived(String(id)),
    data: arrived(text),
    // On the wire there is but one 0.
    retry: retry === undefined ? undefined : retry + 0,
  }
}

/** As `channelsOf`, for names that the app made: none may have a part that is a value which was missing. */
export function channelsOfApp(channels: unknown): readonly string[] | undefined {
  const names = channelsOf(channels)
  const hasMissing = names?.some((name) => /(^|[:/.])(undefined|NaN|\[object Object\])([:/.]|$)/.test(name))
  return hasMissing ? undefined : names
}

/** Names of channels as an array; `undefined` where they must be refused. */
export function channelsOf(channels: unknown): readonly string[] | undefined {
  try {
    const names: readonly unknown[] = typeof channels === 'string' ? [channels] : [...(channels as string[])]
    return Array.isArray(channels) || typeof channels === 'string'
      ? names.every(isChannel)
        ? names
        : undefined
      : undefined
  } catch {
    return undefined
  }
}

function isChannel(name: unknown): name is string {
  if (typeof name !== 'string' || name === '' || name.slice(0, 4) === 'sse:') return false
  if (name.split(',').length > 1 || !isWhole(name)) return false
  return (
    Buffer.from(name).length <= 256 && [...name].every((character) => !isControl(character.codePointAt(0)!))
  )
}

/** Whether no half of a character stands alone in it. */
export function isWhole(text: string): boolean {
  return Buffer.from(text).toString() === text
}

function isControl(code: number): boolean {
  return code < 32 || (code >= 127 && code < 160)
}
