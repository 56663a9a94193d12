import { SseError, show } from '../errors.ts'
import { isThenable } from '../thenable.ts'

/**
 * The text of an event's data: a string travels as it is, everything else as JSON, as `res.send` does.
 * `undefined` is the event without data, the empty text. Halves of characters become U+FFFD, as they would on the wire.
 *
 * @throws {SseError} `invalid-data` for what JSON cannot say: functions, symbols, bigints, cycles; and for what it would say as `{}`, such as
 * a promise or a `Map`, in the data itself or one level below
 */
export function serialize(data: unknown): string {
  if (typeof data === 'string') return data.toWellFormed()
  if (data === undefined) return ''
  let text: string | undefined
  try {
    refuseEmptied(data)
    text = JSON.stringify(data)
  } catch (cause) {
    if (cause instanceof SseError) throw cause
    throw new SseError(
      'invalid-data',
      `This ${typeof data} cannot be written as JSON: ${cause instanceof Error ? cause.message : show(cause)}. Send a string.`,
      {
        value: data,
        cause,
      },
    )
  }
  if (text === undefined) {
    throw new SseError(
      'invalid-data',
      `A ${typeof data} has no JSON form. Send a string, an object or null.`,
      {
        value: data,
      },
    )
  }
  return text
}

/** What JSON writes as `{}`, and what to send instead. */
const emptied: readonly (readonly [type: string, of: (value: object) => boolean, instead: string])[] = [
  ['promise', isThenable, 'await it first'],
  ['Map', (value) => value instanceof Map, 'send Object.fromEntries(map) or [...map]'],
  ['Set', (value) => value instanceof Set, 'send [...set]'],
  ['WeakMap', (value) => value instanceof WeakMap, 'send its values'],
  ['WeakSet', (value) => value instanceof WeakSet, 'send its values'],
  ['RegExp', (value) => value instanceof RegExp, 'send its source'],
  ['Error', isError, 'send its message'],
]

/** A forgotten `await` or a `Map` would be published as an empty object. One level below the data is looked at too, where most of them are. */
function refuseEmptied(data: unknown): void {
  if (typeof data !== 'object' || data === null || 'toJSON' in data) return
  refuse(data, 'The data', data)
  if (Array.isArray(data)) {
    for (const item of data) refuse(item, 'An item of the data', data)
    return
  }
  for (const name of Object.keys(data)) {
    const property = Object.getOwnPropertyDescriptor(data, name)
    // Getters are for JSON to run, once.
    if (property && 'value' in property) refuse(property.value, `${show(name)} in the data`, data)
  }
}

function refuse(value: unknown, what: string, data: object): void {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return
  for (const [type, is, instead] of emptied) {
    if (!is(value)) continue
    throw new SseError('invalid-data', `${what} is a ${type}, which JSON writes as {}: ${instead}.`, {
      value: data,
    })
  }
}

/** Errors whose own properties say something are left alone. */
function isError(value: object): boolean {
  return value instanceof Error && Object.keys(value).length === 0
}
