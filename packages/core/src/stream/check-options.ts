import { checkNumber, checkRange } from '../check.ts'
import type { StreamOptions } from './sse-stream.ts'

/**
 * Checks the options that an adapter uses for all its streams.
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
