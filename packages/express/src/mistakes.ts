import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { SseError, type SseStream } from '@sse/core'
import type { Request, Response } from 'express'
import type { Middleware } from './middleware.ts'

/** What is easily got wrong in a route, and would drop its stream without a word. */

/** Which route a request has come to, as the app wrote it. */
export function routeOf({ method, baseUrl, route, originalUrl }: Request): string {
  const path = typeof route?.path === 'string' ? `${baseUrl ?? ''}${route.path}` : originalUrl.split('?')[0]
  return `${method} ${path}`.slice(0, 200)
}

/**
 * Whether somebody else has answered, and not with an error: until a stream opens, the app may answer an error instead. A 404 is what Express
 * answers after `next()`.
 */
function isAnswered({ writableEnded, statusCode }: ServerResponse): boolean {
  return writableEnded && (statusCode < 400 || statusCode === 404)
}

/** Reports a stream that was used and could not open, because its response was answered in the meantime. */
export function reportAnswered(middleware: Middleware, response: Response): void {
  if (!isAnswered(response)) return
  const route = routeOf(response.req)
  middleware.reportOnce(`answered ${route}`, () => {
    const wayOut =
      response.statusCode === 404
        ? 'did the route call next() after res.sse?'
        : 'use res.sse, or else res.json(), res.end() and the like, not both.'
    const message = `The stream of ${route} was dropped, because its response was answered with ${response.statusCode}: ${wayOut}`
    return new SseError('headers-sent', message)
  })
}

/** Reports a stream whose connection was cut in this process, and not by the toolkit. */
export function reportCut(middleware: Middleware, response: Response, socket: Socket): void {
  if (!isCutHere(socket)) return
  const route = routeOf(response.req)
  middleware.reportOnce(`cut ${route}`, () => {
    const message = `The open stream of ${route} was cut by this server, as Express does after an error: call no next() after res.sse, put express.json() in front of the route, and let no timeout of the server end streams.`
    return new SseError('headers-sent', message)
  })
}

/** Whether a connection was destroyed here: one that its client ended has been read to its end, or has an error. A server that closes cuts all. */
function isCutHere(socket: Socket & { readonly server?: { readonly listening?: boolean } }): boolean {
  return socket.destroyed && !socket.readableEnded && !socket.errored && socket.server?.listening === true
}

/** A stream of a response that was answered before. To look at it is harmless, and to use it is reported. */
export function reportUse(middleware: Middleware, response: Response, stream: SseStream): SseStream {
  if (!isAnswered(response)) return stream
  for (const name of ['subscribe', 'send', 'comment', 'from'] as const) {
    const method: (...args: never[]) => unknown = stream[name]
    const value = (...args: never[]) => {
      reportAnswered(middleware, response)
      return method.apply(stream, args)
    }
    Object.defineProperty(stream, name, { value })
  }
  return stream
}
