import {
  checkStreamOptions,
  type EventMap,
  type HubForAdapters,
  type RegisteredEvents,
  SseError,
} from '@sse/core'
import type { Request } from 'express'
import type { Limits } from './admission/admission.ts'
import { checkOrigins, type Origins } from './admission/origins.ts'
import { show } from './show.ts'

export interface SseOptions<E extends EventMap = RegisteredEvents> {
  /** The log's home. Without one a stream can `send`, `comment` and `close`, but not `subscribe`. */
  readonly hub?: HubForAdapters<E>
  /** Whose stream a request opens: what `hub.disconnect` ends. Asked when `res.sse` is first used; what it throws reaches the route. */
  readonly key?: (request: Request) => string | undefined
  /**
   * Whether a client may read a channel that it asks for itself, by `?channels=` or by `channels(hub)`. Asked anew on every connect. One that
   * throws or rejects makes the client come back. Default: it may read none. What the app subscribes to is not asked for.
   */
  readonly authorize?: (request: Request, channel: string) => boolean | Promise<boolean>
  /**
   * The origins, besides the server's own, whose pages may open streams: `'https://app.example'`, several, a function, or `'*'`. Others are
   * answered 403. Default: the pages of the same site, and those that the app's CORS headers let read the response.
   */
  readonly origins?: Origins
  /**
   * The client's reconnection time in milliseconds: one, spread by ± 50 %, or drawn between two, so that clients do not all come back
   * in the same moment. Default 2,000.
   */
  readonly retry?: number | readonly [min: number, max: number]
  /** Milliseconds after which a client that takes nothing is cut off. Default 30,000. */
  readonly stall?: number
  /** Bytes sent and not taken over which a stream is cut off. Default 1 MiB. */
  readonly maxUnread?: number
  /** How many streams there may be, and how large. Who is not let in is told when to come back. */
  readonly limits?: Limits
}

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
