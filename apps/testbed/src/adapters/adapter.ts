import type { RequestListener } from 'node:http'
import type { CloseHubOptions, Hub, SseStream } from '@sse/core'
import type { EndpointOptions } from '@sse/core/internal'

/** What a test reads of a request, whatever the framework. */
export interface Asked {
  header(name: string): string | undefined
}

/** What a route does with its stream. It may be async, and may throw. */
export type Route = (stream: SseStream, asked: Asked) => unknown

type Plain = Pick<EndpointOptions<unknown>, 'retry' | 'stall' | 'maxUnread' | 'limits'>

/** The app of a test. */
export interface Setup extends Plain {
  readonly hub?: Hub
  readonly key?: (asked: Asked) => string | undefined
  readonly authorize?: (channel: string, asked: Asked) => boolean | Promise<boolean>
  readonly presence?: (channel: string, asked: Asked) => unknown
  readonly origins?: EndpointOptions<unknown>['origins']
  /** What the app sets on every response. */
  readonly headers?: Readonly<Record<string, string>>
  /** Routes by their path. With a hub, POST changes channels on each of them. */
  readonly routes: Readonly<Record<string, Route>>
}

/** An app that can be served. Its errors are answered with their `status`, or 500, and their message. */
export interface App {
  /** `close` of what `sse()` returned. */
  close(options?: CloseHubOptions): Promise<void>
}

/** An app for a server of `node:http`. */
export interface NodeApp extends App {
  readonly listener: RequestListener
}

/** An app for a runtime that has its own server. */
export interface RuntimeApp extends App {
  /** Listens on a free port of 127.0.0.1. */
  listen(): RuntimeServer
}

export interface RuntimeServer {
  readonly port: number
  /** Takes no more requests, and resolves when the last response has ended. */
  stop(): Promise<void>
  /** The test has ended. */
  release(): void
}

/** A package that answers requests with streams, in one framework or runtime. All of them run the same suite. */
export interface Adapter<A extends NodeApp | RuntimeApp = NodeApp | RuntimeApp> {
  readonly name: string
  create(setup: Setup): A
}

/** The options of `sse()` for an app. */
export function optionsOf<R>(
  { hub, key, authorize, presence, origins, retry, stall, maxUnread, limits }: Setup,
  askedOf: (request: R) => Asked,
): EndpointOptions<R> {
  return {
    ...{ hub, origins, retry, stall, maxUnread, limits },
    key: key && ((request) => key(askedOf(request))),
    authorize: authorize && ((request, channel) => authorize(channel, askedOf(request))),
    presence: presence && ((request, channel) => presence(channel, askedOf(request))),
  }
}

/** How an app answers an error. */
export function failureOf(error: unknown): { readonly status: number; readonly text: string } {
  const { status = 500, message } = error as { status?: number; message: string }
  return { status, text: message }
}
