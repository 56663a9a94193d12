import { checkNumber, checkRange } from '../check.ts'
import { SseError, show } from '../errors.ts'
import type { StreamOptions } from './sse-stream.ts'

/**
 * Checks that options are an object: `null`, or the event's name in their place, would go unnoticed or end in a TypeError.
 *
 * @throws {SseError} `invalid-option`
 */
export function checkObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return
  throw new SseError('invalid-option', `${name} is an object, not ${show(value)}.`, { value })
}

/**
 * Checks what an adapter was told once for all its streams.
 *
 * @throws {SseError} `invalid-option`
 */
export function checkStreamOptions({ retry, stall, maxUnread, maxChannels }: StreamOptions): void {
  if (typeof retry === 'object') checkRange('retry', retry)
  else checkNumber('retry', retry, 'delay')
  checkNumber('stall', stall, 'duration')
  checkNumber('maxUnread', maxUnread, 'positive')
  checkNumber('limits.channels', maxChannels, 'positive')
}
