import { SseError, show } from '../errors.ts'
import { isThenable } from '../thenable.ts'

/**
 * Serialises the data of an event. A string is sent unchanged and any other value as JSON, as with `res.send`. `undefined` becomes the empty
 * text. Lone surrogates become U+FFFD, because UTF-8 cannot encode them.
 *
 * @throws {SseError} `invalid-data` for values that JSON cannot write: functions, symbols, bigints and cycles. Also for values that it would write as
 * `{}`, such as a promise or a `Map`, in the data itself or one level below
 */
export function serialize(data: unknown): string {
  if (typeof data === 'string') return data.toWellFormed()
  if (data === undefined) return ''
  let text: string | undefined
  try {
    refuseEmptyObjects(data)
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

/** Types that JSON writes as `{}`, and what to send instead. */
const writtenEmpty: readonly (readonly [type: string, is: (value: object) => boolean, instead: string])[] = [
  ['promise', isThenable, 'await it first'],
  ['Map', (value) => value instanceof Map, 'send Object.fromEntries(map) or [...map]'],
  ['Set', (value) => value instanceof Set, 'send [...set]'],
  ['WeakMap', (value) => value instanceof WeakMap, 'send its values'],
  ['WeakSet', (value) => value instanceof WeakSet, 'send its values'],
  ['RegExp', (value) => value instanceof RegExp, 'send its source'],
  ['Error', isError, 'send its message'],
]

/** Otherwise a promise without `await`, or a `Map`, would be published as an empty object. Also checks one level below the data. */
function refuseEmptyObjects(data: unknown): void {
  if (typeof data !== 'object' || data === null || 'toJSON' in data) return
  refuse(data, 'The data', data)
  if (Array.isArray(data)) {
    for (const item of data) refuse(item, 'An item of the data', data)
    return
  }
  for (const name of Object.keys(data)) {
    const property = Object.getOwnPropertyDescriptor(data, name)
    // Getters are not called here: JSON.stringify calls each once.
    if (property && 'value' in property) refuse(property.value, `${show(name)} in the data`, data)
  }
}

function refuse(value: unknown, what: string, data: object): void {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return
  for (const [type, is, instead] of writtenEmpty) {
    if (!is(value)) continue
    throw new SseError('invalid-data', `${what} is a ${type}, which JSON writes as {}: ${instead}.`, {
      value: data,
    })
  }
}

/** An error with enumerable properties of its own is not written as `{}`. */
function isError(value: object): boolean {
  return value instanceof Error && Object.keys(value).length === 0
}
