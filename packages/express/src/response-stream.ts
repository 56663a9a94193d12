import {
  type AnyEvents,
  createPoll,
  createStream,
  SseError,
  type SseStream,
  type StreamOptions,
} from '@sse/core'
import type { Request, Response } from 'express'
import type { Admission } from './admission/admission.ts'
import { crossSiteProblem } from './admission/origins.ts'
import type { SseOptions } from './options.ts'
import { askedChannelsOf, isShared, lastEventIdOf, waitOf } from './request.ts'
import { NodeTransport } from './response/node-transport.ts'
import { ExpressPollResponse, isPoll } from './response/poll-response.ts'
import { sendProblem } from './response/refusal.ts'
import { show } from './show.ts'

/** What a middleware was told and what it counts, the same for all its responses. */
export interface Settings {
  readonly options: SseOptions<AnyEvents>
  readonly admission: Admission
}

const settings = Symbol('settings of @sse/express')
const stream = Symbol('stream of @sse/express')

/** A response behind the middleware. */
interface SseResponse extends Response {
  [settings]?: Settings
  [stream]?: SseStream
}

/** One property for all responses: a closure for each costs forty times as much, and most responses are no streams. */
const property: PropertyDescriptor & ThisType<SseResponse> = {
  configurable: true,
  get() {
    this[stream] ??= openStream(this, this[settings]!)
    return this[stream]
  },
}

/** Gives a response its `sse`. */
export function giveStream(response: Response, its: Settings): void {
  const sseResponse: SseResponse = response
  sseResponse[settings] = its
  Object.defineProperty(response, 'sse', property)
}

/** What the middleware in front was told; `undefined` when there is none. */
export function settingsOf(response: SseResponse): Settings | undefined {
  return response[settings]
}

/**
 * Whose stream a request opens. What is no string would be nobody's whom `hub.disconnect` could name.
 *
 * @throws {SseError} `invalid-key`; and what the app's `key` throws
 */
export function keyOf(request: Request, { key: ask }: SseOptions<AnyEvents>): string | undefined {
  const key: unknown = ask?.(request)
  if (key === undefined || typeof key === 'string') return key
  throw new SseError('invalid-key', `key gave ${show(key)}: give a string, or undefined for nobody.`, {
    value: key,
  })
}

function openStream(response: Response, { options, admission }: Settings): SseStream {
  const request = response.req
  const { hub, authorize = refuseAll, origins, retry, stall, maxUnread, limits } = options
  const problem = crossSiteProblem(request, response, origins)
  if (problem && !response.headersSent) sendProblem(response, 403, problem)

  const key = problem ? undefined : keyOf(request, options)
  const names = hub ? askedChannelsOf(request) : []
  const streamOptions: StreamOptions = {
    key,
    lastEventId: lastEventIdOf(request),
    retry,
    stall,
    maxUnread,
    maxChannels: limits?.channels,
    shared: hub && isShared(request),
    asked: names.length > 0 ? { names, authorize: (channel) => authorize(request, channel) } : undefined,
    admit: () => {
      const refusal = admission.refusal(key)
      if (!refusal) response.on('close', admission.enter(key))
      return refusal
    },
  }
  const transport = isPoll(request)
    ? createPoll(new ExpressPollResponse(response), waitOf(request))
    : new NodeTransport(response)
  return hub ? hub.stream(transport, streamOptions) : createStream(transport, streamOptions)
}

/** What a client asks for is nobody's to grant unless the app says whose. */
function refuseAll(): boolean {
  return false
}
