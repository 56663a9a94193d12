import { SseError } from '../errors.ts'
import { comparePositions } from '../log/compare-positions.ts'

/**
 * The content of a posted body: the id of the client's stream, and the channels that the stream joins and leaves, or the position that it shall
 * pass.
 *
 * @throws {SseError} `invalid-data`, `too-many-channels`
 */
export function channelsIn(body: unknown, maxChannels: number) {
  const { stream, subscribe, unsubscribe, reached } = (body ?? {}) as Readonly<Record<string, unknown>>
  if (typeof stream !== 'string') {
    const message =
      'Post JSON (Content-Type: application/json): { "stream": the id from sse.open, "subscribe": […], "unsubscribe": […] }.'
    throw new SseError('invalid-data', message, { value: body })
  }
  return {
    stream,
    reached: positionIn(reached),
    subscribe: namesIn(subscribe, maxChannels),
    unsubscribe: namesIn(unsubscribe, maxChannels),
  }
}

function positionIn(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && comparePositions(value, value) === 0) return value
  throw new SseError('invalid-data', 'reached must be the id of an event.', { value })
}

function namesIn(value: unknown = [], maxChannels: number): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (names.length > maxChannels) {
    const message = `${names.length} channels were named, and ${maxChannels} are allowed: name fewer, or raise limits.channels.`
    throw new SseError('too-many-channels', message, { value })
  }
  // The hub checks that each is the name of a channel.
  return names as readonly string[]
}
