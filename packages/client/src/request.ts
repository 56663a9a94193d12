import type { EventSource } from 'eventsource'

type HeadersRecord = Readonly<Record<string, string>>

/** Headers of a request, or a function that is asked for them before each one, so that a token is never stale. */
export type HeadersOption = HeadersRecord | (() => HeadersRecord | Promise<HeadersRecord>)

/** What `eventsource` takes in place of the global one. */
export type FetchLike = NonNullable<NonNullable<ConstructorParameters<typeof EventSource>[1]>['fetch']>

/** What the requests of a client are to carry beyond the standard. */
export interface FetchRequest {
  readonly headers?: HeadersOption | undefined
  readonly withCredentials?: boolean | undefined
}

/** What is asked: for a stream, unless it says something else. */
export interface Question extends Pick<RequestInit, 'method' | 'body' | 'signal'> {
  /** Sent as `Last-Event-ID` unless it is empty. */
  readonly cursor?: string
  /** Headers that go before those of the app. */
  readonly own?: HeadersRecord | undefined
}

/** What `eventsource` looks at before it reads. That it was redirected only matters to the `origin` of events, which we do not hand on. */
export type ResponseHead = Pick<Response, 'headers' | 'status'>

/** Bytes of an event stream, one chunk after the other. */
export type Read = () => Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>
