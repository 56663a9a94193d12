import { checkFunction, checkNames, checkNumber, checkObject } from '../check.ts'
import { SseError, show } from '../errors.ts'
import type { AnyEvents, EventMap } from '../event-map.ts'
import type { HubForAdapters } from '../hub/types.ts'
import { checkStreamOptions } from '../stream/check-options.ts'
import type { Limits } from './admission.ts'
import { checkOrigins, type Origins } from './origins.ts'

/**
 * The options of an adapter.
 *
 * @typeParam R the framework's request
 */
export interface EndpointOptions<R, E extends EventMap = AnyEvents> {
  /** The log's home. Without one a stream can `send`, `comment` and `close`, but not `subscribe`. */
  readonly hub?: HubForAdapters<E> | undefined
  /** Whose stream a request opens: what `hub.disconnect` ends. Asked when the stream begins to open; what it throws reaches the route. */
  readonly key?: ((request: R) => string | undefined) | undefined
  /**
   * Whether a client may read a channel that it asks for itself, by `?channels=` or by `channels(hub)`. Only `true` grants it. Asked on every
   * connect, for a few channels at a time. If it throws or rejects, the client reconnects later. Default: the client may read none. It is not
   * asked for channels to which the app subscribes.
   */
  readonly authorize?: ((request: R, channel: string) => boolean | Promise<boolean>) | undefined
  /**
   * What others may know of a client on a channel that has presence: at most 1 KiB of JSON, such as `{ name }`. `undefined`: the client is
   * invisible there. Asked when its stream opens or joins the channel; only streams with a key have presence. Default: every client is
   * invisible.
   */
  readonly presence?: ((request: R, channel: string) => unknown) | undefined
  /**
   * The origins, besides the server's own, whose pages may open streams: `'https://app.example'`, `'https://*.example.com'` for all
   * subdomains of a domain (not the domain itself), `'capacitor://localhost'`, a function, several of these, or `'*'`. Others are answered
   * 403. Default: the pages of the same site, and those that the app's CORS headers let read the response.
   */
  readonly origins?: Origins<R> | undefined
  /**
   * The client's reconnection time in milliseconds: one, spread by ± 50 %, or drawn between two, so that clients do not all reconnect
   * at the same moment. Default 2,000.
   */
  readonly retry?: number | readonly [min: number, max: number] | undefined
  /** Milliseconds after which a client that takes nothing of a stream, or of the answer to a poll, is disconnected. Default 30,000. */
  readonly stall?: number | undefined
  /** Bytes sent and not taken over which a client is disconnected. Default 1 MiB. */
  readonly maxUnread?: number | undefined
  /** How many streams and requests there may be, and how large. A rejected client is told when to retry. */
  readonly limits?: Limits | undefined
}

const names = ['hub', 'key', 'authorize', 'presence', 'origins', 'retry', 'stall', 'maxUnread', 'limits']
const limitNames = ['streams', 'perKey', 'channels', 'rate', 'perKeyRate']

/** @throws {SseError} `invalid-option` */
export function checkEndpointOptions<R, E extends EventMap>(options: EndpointOptions<R, E>): void {
  checkObject('options', options)
  if ('publish' in options && 'stream' in options) {
    const message = 'sse was given a hub instead of an object of options: write sse({ hub }).'
    throw new SseError('invalid-option', message, { value: options })
  }
  checkNames('', options, names)
  const { hub, origins, retry, stall, maxUnread, limits = {} } = options
  checkObject('limits', limits)
  checkNames('limits.', limits, limitNames)
  if (hub !== undefined && typeof hub?.stream !== 'function') {
    const message = `hub must be the hub that createHub() returns, not ${show(hub)}.`
    throw new SseError('invalid-option', message, { value: hub })
  }
  checkFunction('key', options.key)
  checkFunction('authorize', options.authorize)
  checkFunction('presence', options.presence)
  checkOrigins(origins)
  checkStreamOptions({ retry, stall, maxUnread, maxChannels: limits.channels })
  for (const name of ['streams', 'perKey', 'rate', 'perKeyRate'] as const) {
    checkNumber(`limits.${name}`, limits[name], 'positive')
  }
}
