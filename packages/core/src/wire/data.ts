import { SseError, show } from '../errors.ts'

/**
 * The text of an event's data: a string travels as it is, everything else as JSON, as `res.send` does.
 * `undefined` is the event without data, the empty text.
 *
 * @throws {SseError} `invalid-data` for what JSON cannot say: functions, symbols, bigints, cycles.
 */
export function serialize(data: unknown): string {
  if (typeof data === 'string') return data
  if (data === undefined) return ''
  let text: string | undefined
  try {
    text = JSON.stringify(data)
  } catch (cause) {
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
