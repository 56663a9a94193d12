import {
  createPoll,
  createStream,
  type Refusal,
  SseError,
  type SseStream,
  type StreamOptions,
} from '@sse/core'
import { show } from '@sse/core/internal'
import type { Request, Response } from 'express'
import { crossSiteProblem } from './admission/origins.ts'
import type { Middleware } from './middleware.ts'
import { reportAnswered, reportUse } from './mistakes.ts'
import { askedChannelsOf, checkQuery, isPoll, isShared, lastEventIdOf, waitOf } from './request.ts'
import { NodeTransport } from './response/node-transport.ts'
import { ExpressPollResponse } from './response/poll-response.ts'

const middleware = Symbol('middleware of @sse/express')
const arrival = Symbol('arrival of @sse/express')
const stream = Symbol('stream of @sse/express')
const writeHead = Symbol('writeHead before @sse/express')

/** A response behind the middleware. */
interface SseResponse extends Response {
  [middleware]?: Middleware
  /** When the request came, as the hub counts. */
  [arrival]?: number | undefined
  [stream]?: SseStream
  [writeHead]?: Response['writeHead']
}

/** One property for all responses: a closure for each costs forty times as much, and most responses are no streams. */
const property: PropertyDescriptor & ThisType<SseResponse> = {
  configurable: true,
  get() {
    this[stream] ??= openStream(this, this[middleware]!, this[arrival])
    return this[stream]
  },
}

/** Gives a response its `sse`. */
export function giveStream(response: Response, its: Middleware): void {
  const sseResponse: SseResponse = response
  sseResponse[middleware] = its
  sseResponse[arrival] = its.options.hub?.arrival()
  Object.defineProperty(response, 'sse', property)
  if (response.writeHead === lastOfConnection) return
  sseResponse[writeHead] = response.writeHead
  response.writeHead = lastOfConnection
}

/** Whatever a server that shuts down answers, also to a request from before, is the last on its connection: kept alive, that would bring more. */
const lastOfConnection = function (this: SseResponse, ...head: unknown[]) {
  if (this[middleware]?.closing && !this.headersSent) this.setHeader('Connection', 'close')
  return Reflect.apply(this[writeHead]!, this, head)
} as Response['writeHead']

/** The middleware in front; `undefined` when there is none. */
export function middlewareOf(response: SseResponse): Middleware | undefined {
  return response[middleware]
}

/**
 * Whose stream a request opens. What is no string would be nobody's whom `hub.disconnect` could name.
 *
 * @throws {SseError} `invalid-key`; and what the app's `key` throws
 */
export function keyOf(request: Request, { options }: Middleware): string | undefined {
  const key: unknown = options.key?.(request)
  if (key === undefined || typeof key === 'string') return key
  throw new SseError(
    'invalid-key',
    `key returned ${show(key)}: return a string, or undefined for a stream without a key.`,
    {
      value: key,
    },
  )
}

/** A stream that decides nothing yet: whether it may open is judged when it begins to. */
function openStream(response: Response, its: Middleware, arrival: number | undefined): SseStream {
  const request = response.req
  const { hub, retry, stall, maxUnread, limits } = its.options
  const names = hub ? askedChannelsOf(request) : []
  const poll = isPoll(request) ? new ExpressPollResponse(response) : undefined
  const transport = poll ? createPoll(poll, waitOf(request), { stall }) : new NodeTransport(response, its)
  let key: { readonly is: string | undefined } | undefined

  function admit(): Refusal | undefined {
    const problem = problemOf(request, response, its)
    if (problem) return problem
    key = { is: keyOf(request, its) }
    const refusal = its.refusal() ?? its.admission.refusal({ key: key.is, address: request.ip })
    if (refusal) return refusal
    its.enter(opened, response, key.is)
    response.on('close', () => {
      its.leave(response, key?.is)
      if (!(poll ?? (transport as NodeTransport)).answered) reportAnswered(its, response)
    })
    return undefined
  }

  const streamOptions: StreamOptions = {
    key: () => (key ? key.is : keyOf(request, its)),
    lastEventId: lastEventIdOf(request),
    retry,
    // A poll watches its own answer, which is one document however large.
    stall: poll ? Number.POSITIVE_INFINITY : stall,
    maxUnread: poll ? Number.POSITIVE_INFINITY : maxUnread,
    maxChannels: limits?.channels,
    shared: hub && isShared(request),
    asked: names.length > 0 ? { names, authorize: (channel) => its.authorize(request, channel) } : undefined,
    admit,
    arrival,
  }
  const opened = hub ? hub.stream(transport, streamOptions) : createStream(transport, streamOptions)
  return reportUse(its, response, opened)
}

/** What is wrong with a request itself. */
function problemOf(
  request: Request,
  response: Response,
  { options: { hub, origins } }: Middleware,
): Refusal | undefined {
  const detail = crossSiteProblem(request, response, origins)
  if (detail !== undefined) return { status: 403, detail }
  if (!hub) return undefined
  try {
    checkQuery(request)
    return undefined
  } catch (error) {
    if (!(error instanceof SseError)) throw error
    return { status: 400, detail: error.message }
  }
}
