import type { AnyEvents, EventMap, HubForAdapters, RegisteredEvents } from '@sse/core'
import type { Request, RequestHandler } from 'express'
import { Admission, type Limits } from './admission.ts'
import { checkSseOptions } from './check-options.ts'
import type { Origins } from './origins.ts'
import { giveStream } from './response-stream.ts'

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

/**
 * Express middleware that gives every response behind it `res.sse`.
 *
 * @throws {SseError} `invalid-option`
 */
export function sse<E extends EventMap = RegisteredEvents>(options: SseOptions<E> = {}): RequestHandler {
  checkSseOptions(options)
  const settings = {
    options: options as unknown as SseOptions<AnyEvents>,
    admission: new Admission(options.limits ?? {}),
  }
  return function sse(_request, response, next) {
    giveStream(response, settings)
    next()
  }
}
