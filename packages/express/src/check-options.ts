import { checkStreamOptions, type EventMap, SseError } from '@sse/core'
import { checkOrigins } from './origins.ts'
import { show } from './show.ts'
import type { SseOptions } from './sse.ts'

/** @throws {SseError} `invalid-option` */
export function checkSseOptions<E extends EventMap>(options: SseOptions<E>): void {
  checkObject('options', options)
  const { hub, origins, retry, stall, maxUnread, limits = {} } = options
  checkObject('limits', limits)
  if (hub !== undefined && typeof hub?.stream !== 'function') {
    throw new SseError('invalid-option', `hub is what createHub() gives, not ${show(hub)}.`, { value: hub })
  }
  for (const name of ['key', 'authorize'] as const) {
    const value = options[name]
    if (value === undefined || typeof value === 'function') continue
    throw new SseError('invalid-option', `${name} is a function of the request, not ${show(value)}.`, {
      value,
    })
  }
  checkOrigins(origins)
  checkStreamOptions({ retry, stall, maxUnread, maxChannels: limits.channels })
  for (const name of ['streams', 'perKey', 'rate'] as const) {
    const value: unknown = limits[name]
    if (value === undefined || (typeof value === 'number' && value > 0)) continue
    throw new SseError('invalid-option', `limits.${name} is a number above 0, not ${show(value)}.`, {
      value,
    })
  }
}

function checkObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return
  throw new SseError('invalid-option', `${name} is an object, not ${show(value)}.`, { value })
}
