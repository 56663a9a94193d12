import {
  type AnyEvents,
  type CloseHubOptions,
  type EventMap,
  type RegisteredEvents,
  SseError,
} from '@sse/core'
import { checkEndpointOptions, Endpoint } from '@sse/core/internal'
import type { Request, RequestHandler } from 'express'
import type { SseOptions } from './options.ts'
import { giveStream } from './res-sse.ts'

/** The middleware that `sse()` makes. */
export interface SseHandler extends RequestHandler {
  /**
   * Ends the streams of this middleware, spread over `drain` milliseconds (default 0). Each client is told to reconnect after a time drawn from
   * `retry` (milliseconds, default 1,000 to 5,000). From the call on no stream opens, and connections are not kept alive. This is for streams
   * without a hub; `hub.close()` does the same for all streams of a hub.
   *
   * @throws {SseError} `invalid-option`
   */
  close(options?: CloseHubOptions): Promise<void>
}

/**
 * Express middleware that gives every response behind it `res.sse`.
 *
 * @throws {SseError} `invalid-option`
 */
export function sse<E extends EventMap = RegisteredEvents>(options?: SseOptions<E>): SseHandler
export function sse(options: SseOptions<AnyEvents> = {}, ...more: unknown[]): SseHandler {
  if (more.length > 0) {
    const message =
      'sse was used as a middleware, but it returns one: call it with one object of options, as in app.use(sse({ hub })).'
    throw new SseError('invalid-option', message)
  }
  checkEndpointOptions(options)
  const endpoint = new Endpoint<Request>(options)
  function sse(...[_request, response, next]: Parameters<RequestHandler>): void {
    giveStream(response, endpoint)
    next()
  }
  return Object.assign(sse, { close: (options?: CloseHubOptions) => endpoint.close(options) })
}
