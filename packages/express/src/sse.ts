import {
  type AnyEvents,
  type CloseHubOptions,
  type EventMap,
  type RegisteredEvents,
  SseError,
} from '@sse/core'
import type { RequestHandler } from 'express'
import { Middleware } from './middleware.ts'
import { checkSseOptions, type SseOptions } from './options.ts'
import { giveStream } from './response-stream.ts'

/** The middleware that `sse()` makes. */
export interface SseHandler extends RequestHandler {
  /**
   * Ends the streams of this middleware, spread over `drain` milliseconds (default 0), each told to come back after a time drawn from `retry`
   * (milliseconds, default 1,000 to 5,000). From the call on it lets no stream in, and its connections are not kept alive. For streams without
   * a hub; `hub.close()` does the same for all streams of a hub.
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
      'sse was used as a middleware, and it makes one: call it, as in app.use(sse({ hub })), and give it one object of options.'
    throw new SseError('invalid-option', message)
  }
  checkSseOptions(options)
  const middleware = new Middleware(options)
  function sse(...[_request, response, next]: Parameters<RequestHandler>): void {
    giveStream(response, middleware)
    next()
  }
  return Object.assign(sse, { close: (options?: CloseHubOptions) => middleware.close(options) })
}
