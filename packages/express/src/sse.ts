import {
  type AnyEvents,
  createStream,
  type EventMap,
  type Hub,
  type RegisteredEvents,
  SseError,
  type SseStream,
} from '@sse/core'
import type { Request, RequestHandler, Response } from 'express'
import { lastEventIdOf } from './last-event-id.ts'
import { NodeTransport } from './node-transport.ts'

export interface SseOptions<E extends EventMap = RegisteredEvents> {
  /** The log's home. Without one a stream can `send`, `comment` and `close`, but not `subscribe`. */
  readonly hub?: Hub<E>
  /** Whose stream a request opens: what `hub.disconnect` ends. Asked when `res.sse` is first used; what it throws reaches the route. */
  readonly key?: (request: Request) => string | undefined
  /**
   * The client's reconnection time in milliseconds: one, spread by ± 50 %, or drawn between two, so that clients do not all come back
   * in the same moment. Default 2,000.
   */
  readonly retry?: number | readonly [min: number, max: number]
  /** Milliseconds after which a client that takes nothing is cut off. Default 30,000. */
  readonly stall?: number
  /** Bytes sent and not taken over which a stream is cut off. Default 1 MiB. */
  readonly maxUnread?: number
}

/**
 * Express middleware that gives every response behind it `res.sse`.
 *
 * @throws {SseError} `invalid-option`
 */
export function sse<E extends EventMap = RegisteredEvents>(options: SseOptions<E> = {}): RequestHandler {
  checkOptions(options)
  return function sse(_request, response, next) {
    const sseResponse = response as SseResponse
    sseResponse[optionsOf] = options as unknown as SseOptions<AnyEvents>
    Object.defineProperty(response, 'sse', property)
    next()
  }
}

const optionsOf = Symbol('options of @sse/express')
const streamOf = Symbol('stream of @sse/express')

interface SseResponse extends Response {
  [optionsOf]: SseOptions<AnyEvents>
  [streamOf]?: SseStream
}

/** One property for all responses: a closure for each costs forty times as much, and most responses are no streams. */
const property: PropertyDescriptor & ThisType<SseResponse> = {
  configurable: true,
  get() {
    this[streamOf] ??= openStream(this)
    return this[streamOf]
  },
}

function openStream(response: SseResponse): SseStream {
  const { hub, key, retry, stall, maxUnread } = response[optionsOf]
  const transport = new NodeTransport(response)
  const options = {
    key: key?.(response.req),
    lastEventId: lastEventIdOf(response.req),
    retry,
    stall,
    maxUnread,
  }
  return hub ? hub.stream(transport, options) : createStream(transport, options)
}

function checkOptions<E extends EventMap>({ hub, retry, stall, maxUnread }: SseOptions<E>): void {
  if (hub !== undefined && typeof hub?.stream !== 'function') {
    throw new SseError('invalid-option', 'hub is what createHub() gives.', { value: hub })
  }
  for (const [name, values] of Object.entries({
    retry: [retry ?? 0].flat(),
    stall: [stall ?? 0],
    maxUnread: [maxUnread ?? 0],
  })) {
    if (values.every((value) => typeof value === 'number' && value >= 0)) continue
    throw new SseError('invalid-option', `${name} is a number of 0 or more, not ${String(values)}.`, {
      value: values,
    })
  }
}
