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
  /** The hub of the log. Without a hub, a stream can `send`, `comment` and `close`, but not `subscribe`. */
  readonly hub?: HubForAdapters<E> | undefined
  /** The key of the stream that a request opens, for `hub.disconnect`. Called when the stream begins to open. Its error reaches the route. */
  readonly key?: ((request: R) => string | undefined) | undefined
  /**
   * Whether a client may read a channel that it asks for itself, by `?channels=` or by `channels(hub)`. Only `true` grants it. Called at every
   * connect, for up to eight channels at a time. If it throws or rejects, the client reconnects later. It is not called for channels to which the
   * app subscribes. Default: clients may not ask for channels.
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
   * subdomains of a domain (not the domain itself), `'capacitor://localhost'`, a function, several of these, or `'*'`. Other pages get 403.
   * Default: pages of the same site, and pages that may read the response by the app's CORS headers.
   */
  readonly origins?: Origins<R> | undefined
  /**
   * The client's reconnection time in milliseconds: a number, which is spread by ± 50 %, or a range. It is drawn for each stream, so that
   * clients do not all reconnect at the same moment. Default 2,000.
   */
  readonly retry?: number | readonly [min: number, max: number] | undefined
  /** Milliseconds after which a client that reads nothing of a stream, or of the answer to a poll, is disconnected. Default 30,000. */
  readonly stall?: number | undefined
  /** The maximum number of bytes that may stay unread for over a second. A client with more is disconnected. Default 1 MiB. */
  readonly maxUnread?: number | undefined
  /** The maximum number of streams, channels and requests. Rejected clients are told when to retry. */
  readonly limits?: Limits | undefined
}

const names = ['hub', 'key', 'authorize', 'presence', 'origins', 'retry', 'stall', 'maxUnread', 'limits']
const limitNames = ['streams', 'perKey', 'channels', 'rate', 'perKeyRate']

/** @param more names of options that only this adapter has. @throws {SseError} `invalid-option` */
export function checkEndpointOptions<R, E extends EventMap>(
  options: EndpointOptions<R, E>,
  more: readonly string[] = [],
): void {
  checkObject('options', options)
  if ('publish' in options && 'stream' in options) {
    const message = 'sse was given a hub instead of an object of options: write sse({ hub }).'
    throw new SseError('invalid-option', message, { value: options })
  }
  checkNames('', options, [...names, ...more])
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
