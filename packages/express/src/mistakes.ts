import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { SseError, type SseStream } from '@sse/core'
import type { Endpoint } from '@sse/core/internal'
import type { Request, Response } from 'express'

// Reports mistakes of a route that drop its stream and would otherwise go unnoticed.

/** The route of a request, as the app wrote it. */
export function routeOf({ method, baseUrl, route, originalUrl }: Request): string {
  const path = typeof route?.path === 'string' ? `${baseUrl ?? ''}${route.path}` : originalUrl.split('?')[0]
  return `${method} ${path}`.slice(0, 200)
}

/**
 * Whether the app has answered the request itself, but not with an error: before a stream opens, the app may answer with an error instead.
 * A 404 counts, because Express answers 404 after `next()`.
 */
function isAnswered({ writableEnded, statusCode }: ServerResponse): boolean {
  return writableEnded && (statusCode < 400 || statusCode === 404)
}

/** Reports a stream that could not open, because the app has answered the request in the meantime. */
export function reportAnswered(endpoint: Endpoint<Request>, response: Response): void {
  if (!isAnswered(response)) return
  const route = routeOf(response.req)
  endpoint.reportOnce(`answered ${route}`, () => {
    const wayOut =
      response.statusCode === 404
        ? 'did the route call next() after res.sse?'
        : 'use res.sse, or else res.json(), res.end() and the like, not both.'
    const message = `The stream of ${route} was dropped, because its response was answered with ${response.statusCode}: ${wayOut}`
    return new SseError('headers-sent', message)
  })
}

/** Reports a stream whose connection was destroyed in this process, but not by the toolkit. */
export function reportCut(endpoint: Endpoint<Request>, response: Response, socket: Socket): void {
  if (!isCutHere(socket)) return
  const route = routeOf(response.req)
  endpoint.reportOnce(`cut ${route}`, () => {
    const message = `The open stream of ${route} was cut by this server: call no res.json(), res.send(), res.end() or next() after res.sse, put express.json() in front of the route, and let no timeout of the server end streams.`
    return new SseError('headers-sent', message)
  })
}

/**
 * Whether this process destroyed a connection. A connection that its client ended has been read to its end, or has an error. A server that
 * closes destroys all of them.
 */
function isCutHere(socket: Socket & { readonly server?: { readonly listening?: boolean } }): boolean {
  return socket.destroyed && !socket.readableEnded && !socket.errored && socket.server?.listening === true
}

/** Reports the first use of a stream whose response was answered before. Reading its properties is harmless. */
export function reportUse(endpoint: Endpoint<Request>, response: Response, stream: SseStream): SseStream {
  if (!isAnswered(response)) return stream
  for (const name of ['subscribe', 'send', 'comment', 'from'] as const) {
    const method: (...args: never[]) => unknown = stream[name]
    const value = (...args: never[]) => {
      reportAnswered(endpoint, response)
      return method.apply(stream, args)
    }
    Object.defineProperty(stream, name, { value })
  }
  return stream
}
