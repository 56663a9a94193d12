import { type AnyEvents, type EventMap, type HubForAdapters, SseError } from '@sse/core'
import { show } from '@sse/core/internal'
import { json, type NextFunction, type Request, type RequestHandler, type Response } from 'express'
import { crossSiteProblem } from './admission/origins.ts'
import type { Middleware } from './middleware.ts'
import { sendProblem } from './response/refusal.ts'
import { isOver } from './response/response-state.ts'
import { keyOf, middlewareOf } from './response-stream.ts'

/** What a client posts: a stream's id, and the channels that it shall join and leave. */
interface ChannelsBody {
  readonly stream: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
}

const parse = json({ limit: '256kb' })

/**
 * The route by which a client changes the channels of its open stream: `app.post('/events', requireUser, channels(hub))`. It takes
 * `{ "stream", "subscribe": […], "unsubscribe": […] }`, asks the `authorize` of the `sse()` in front, and answers `{ "channels",
 * "refused" }`, which the stream is told too, as `sse.channels`. Only the key that opened a stream may change it; without keys whoever knows
 * its id. It does not matter which process of the broker holds the stream.
 *
 * Answers 400 for what it cannot read (413 for a body of more than 256 kB, 415 for one in an unknown encoding), 403 for a page of another
 * site, 404 for a stream that there is not (or not for this key).
 *
 * @throws {SseError} `invalid-option`
 */
export function channels<E extends EventMap = AnyEvents>(hub: HubForAdapters<E>): RequestHandler
export function channels(hub: HubForAdapters, ...more: unknown[]): RequestHandler {
  if (more.length > 0 || typeof hub?.changeChannels !== 'function') {
    const given = more.length > 0 ? 'a request: call it, as in app.post(path, channels(hub))' : show(hub)
    throw new SseError(
      'invalid-option',
      `channels(hub) takes the hub that createHub() returns, not ${given}.`,
      {
        value: hub,
      },
    )
  }
  return function channels(request, response, next) {
    const middleware = middlewareOf(response)
    if (!middleware) {
      next(
        new SseError(
          'invalid-option',
          'channels(hub) needs sse() in front of it: app.use(sse({ hub, authorize })).',
        ),
      )
      return
    }
    const problem = crossSiteProblem(request, response, middleware.options.origins)
    if (problem) return sendProblem(response, 403, problem)
    const key = keyOf(request, middleware)
    const refusal = middleware.admission.refusalByRate({ key, address: request.ip })
    if (refusal) return sendProblem(response, refusal.status, refusal.detail, refusal.retry)
    parse(request, response, (error?: unknown) => {
      if (error) {
        const { status = 400, message } = error as { status?: number; message: string }
        return sendProblem(response, status, `The body could not be read as JSON: ${message}.`)
      }
      void answer(hub, middleware, key, request, response, next)
    })
  }
}

async function answer(
  hub: HubForAdapters,
  middleware: Middleware,
  key: string | undefined,
  request: Request,
  response: Response,
  next: NextFunction,
): Promise<void> {
  const authorize = (channel: string) => {
    if (isOver(response)) throw new SseError('closed', 'The client has left before its channels were judged.')
    return middleware.authorize(request, channel)
  }
  try {
    const { stream, subscribe, unsubscribe } = read(request.body, middleware.admission.maxChannels)
    const changed = await hub.changeChannels(stream, {
      key,
      client: key ?? request.ip,
      subscribe: { names: subscribe, authorize },
      unsubscribe,
    })
    if (changed) response.set('Cache-Control', 'no-store').json(changed)
    else sendProblem(response, 404, `There is no stream ${JSON.stringify(stream.slice(0, 64))} here.`)
  } catch (error) {
    // A key that is none is the app's mistake, not the client's.
    if (!(error instanceof SseError) || error.code === 'invalid-key') next(error)
    else if (error.code === 'closed' || error.code === 'busy')
      sendProblem(response, 503, error.message, 1_000)
    else sendProblem(response, 400, error.message)
  }
}

/** @throws {SseError} `invalid-channel`, `invalid-data`, `too-many-channels` */
function read(body: unknown, maxChannels: number): ChannelsBody {
  const {
    stream,
    subscribe = [],
    unsubscribe = [],
  } = (body ?? {}) as Partial<Record<keyof ChannelsBody, unknown>>
  if (typeof stream !== 'string') {
    throw new SseError(
      'invalid-data',
      'Post JSON (Content-Type: application/json): { "stream": the id from sse.open, "subscribe": […], "unsubscribe": […] }.',
      { value: body },
    )
  }
  return {
    stream,
    subscribe: namesOf(subscribe, maxChannels),
    unsubscribe: namesOf(unsubscribe, maxChannels),
  }
}

function namesOf(value: unknown, maxChannels: number): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (names.length > maxChannels) {
    throw new SseError(
      'too-many-channels',
      `${names.length} channels were named, and ${maxChannels} are allowed: name fewer, or raise limits.channels.`,
      { value },
    )
  }
  // That each is the name of a channel is for the hub to check.
  return names as readonly string[]
}
