import type { RegisteredEvents, SseStream } from '@sse/core'
import type { Endpoint } from '@sse/core/internal'
import type { Request, Response } from 'express'
import { ExpressExchange } from './exchange.ts'
import { reportUse } from './mistakes.ts'

declare global {
  namespace Express {
    interface Response {
      /** The event stream of this response. Nothing is allocated until it is read, and nothing is written or decided until a method is called. */
      readonly sse: SseStream<RegisteredEvents>
    }
  }
}

const endpoint = Symbol('endpoint of @sse/express')
const arrival = Symbol('arrival of @sse/express')
const stream = Symbol('stream of @sse/express')
const writeHead = Symbol('writeHead before @sse/express')

/** A response behind the middleware. */
interface SseResponse extends Response {
  [endpoint]?: Endpoint<Request>
  /** `endpoint.arrival()` when the request came: a later disconnect of its key counts for the stream. `undefined` without a hub. */
  [arrival]?: number | undefined
  [stream]?: SseStream
  [writeHead]?: Response['writeHead']
}

/** One property descriptor for all responses. A closure per response costs forty times as much, and most responses are not streams. */
const property: PropertyDescriptor & ThisType<SseResponse> = {
  configurable: true,
  get() {
    const owner = this[endpoint]!
    this[stream] ??= reportUse(owner, this, owner.open(new ExpressExchange(this, owner), this[arrival]))
    return this[stream]
  },
}

/** Gives a response its `sse`. */
export function giveStream(response: Response, owner: Endpoint<Request>): void {
  const sseResponse: SseResponse = response
  sseResponse[endpoint] = owner
  sseResponse[arrival] = owner.arrival()
  Object.defineProperty(response, 'sse', property)
  if (response.writeHead === lastOfConnection) return
  sseResponse[writeHead] = response.writeHead
  response.writeHead = lastOfConnection
}

/**
 * While the server shuts down, makes every response the last of its connection, including responses to earlier requests. A kept-alive
 * connection would bring more requests.
 */
const lastOfConnection = function (this: SseResponse, ...head: unknown[]) {
  if (this[endpoint]?.closing && !this.headersSent) this.setHeader('Connection', 'close')
  return Reflect.apply(this[writeHead]!, this, head)
} as Response['writeHead']

/** The endpoint of the middleware in front. `undefined` if there is none. */
export function endpointOf(response: SseResponse): Endpoint<Request> | undefined {
  return response[endpoint]
}
