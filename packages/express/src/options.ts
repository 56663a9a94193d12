import {
  checkStreamOptions,
  type EventMap,
  type HubForAdapters,
  type RegisteredEvents,
  SseError,
} from '@sse/core'
import { checkFunction, checkNames, checkNumber, checkObject, show } from '@sse/core/internal'
import type { Request } from 'express'
import type { Limits } from './admission/admission.ts'
import { checkOrigins, type Origins } from './admission/origins.ts'

export interface SseOptions<E extends EventMap = RegisteredEvents> {
  /** The log's home. Without one a stream can `send`, `comment` and `close`, but not `subscribe`. */
  readonly hub?: HubForAdapters<E> | undefined
  /** Whose stream a request opens: what `hub.disconnect` ends. Asked when the stream begins to open; what it throws reaches the route. */
  readonly key?: ((request: Request) => string | undefined) | undefined
  /**
   * Whether a client may read a channel that it asks for itself, by `?channels=` or by `channels(hub)`. Only `true` grants it. Asked anew on
   * every connect, for a few channels at a time. If it throws or rejects, the client is told to come back. Default: it may read none. What the
   * app subscribes to is not asked for.
   */
  readonly authorize?: ((request: Request, channel: string) => boolean | Promise<boolean>) | undefined
  /**
   * The origins, besides the server's own, whose pages may open streams: `'https://app.example'`, `'https://*.example.com'` for all
   * subdomains of a domain (not the domain itself), `'capacitor://localhost'`, a function, several of these, or `'*'`. Others are answered
   * 403. Default: the pages of the same site, and those that the app's CORS headers let read the response.
   */
  readonly origins?: Origins | undefined
  /**
   * The client's reconnection time in milliseconds: one, spread by ± 50 %, or drawn between two, so that clients do not all come back
   * in the same moment. Default 2,000.
   */
  readonly retry?: number | readonly [min: number, max: number] | undefined
  /** Milliseconds after which a client that takes nothing of a stream, or of the answer to a poll, is cut off. Default 30,000. */
  readonly stall?: number | undefined
  /** Bytes sent and not taken over which a stream is cut off. Default 1 MiB. */
  readonly maxUnread?: number | undefined
  /** How many streams and requests there may be, and how large. A client that is not let in is told when to come back. */
  readonly limits?: Limits | undefined
}

const names = ['hub', 'key', 'authorize', 'origins', 'retry', 'stall', 'maxUnread', 'limits']
const limitNames = ['streams', 'perKey', 'channels', 'rate', 'perKeyRate']

/** @throws {SseError} `invalid-option` */
export function checkSseOptions<E extends EventMap>(options: SseOptions<E>): void {
  checkObject('options', options)
  if ('publish' in options && 'stream' in options) {
    throw new SseError(
      'invalid-option',
      'sse was given a hub instead of an object of options: write sse({ hub }).',
      {
        value: options,
      },
    )
  }
  checkNames('', options, names)
  const { hub, origins, retry, stall, maxUnread, limits = {} } = options
  checkObject('limits', limits)
  checkNames('limits.', limits, limitNames)
  if (hub !== undefined && typeof hub?.stream !== 'function') {
    throw new SseError('invalid-option', `hub must be the hub that createHub() returns, not ${show(hub)}.`, {
      value: hub,
    })
  }
  checkFunction('key', options.key)
  checkFunction('authorize', options.authorize)
  checkOrigins(origins)
  checkStreamOptions({ retry, stall, maxUnread, maxChannels: limits.channels })
  for (const name of ['streams', 'perKey', 'rate', 'perKeyRate'] as const) {
    checkNumber(`limits.${name}`, limits[name], 'positive')
  }
}
