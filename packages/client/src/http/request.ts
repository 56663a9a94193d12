import { checkRedirect } from './redirect.ts'

type HeadersRecord = Readonly<Record<string, string>>

/** Headers of a request, or a function that is called before each one, so that a token is always current. */
export type HeadersOption = HeadersRecord | (() => HeadersRecord | Promise<HeadersRecord>)

/** Which redirects are followed: those within the origin (and from `http:` to `https:` on the same host), or all. */
export type RedirectsOption = 'same-origin' | 'follow'

/** What all requests of a client have in common. */
export interface RequestOptions {
  readonly headers?: HeadersOption | undefined
  readonly withCredentials?: boolean | undefined
  readonly redirects?: RedirectsOption | undefined
}

/** One request: for a stream, unless it says something else. */
export interface RequestDetails extends Pick<RequestInit, 'method' | 'body'> {
  readonly signal: AbortSignal
  /** Sent as `Last-Event-ID` unless it is empty. */
  readonly cursor?: string
  /** Headers that replace those of the app. */
  readonly own?: HeadersRecord | undefined
}

/**
 * Makes one request. Rejects if the network fails, if the app's `headers` reject, and with a {@link Failure} `redirect` if a redirect must not
 * be followed.
 *
 * Node shows the target of a redirect, so nothing is sent to another origin. A browser does not. There a request that carries more than a
 * plain GET follows no redirect, and an answer from another origin is discarded.
 */
export async function request(
  url: URL,
  { cursor, own = {}, ...details }: RequestDetails,
  options: RequestOptions,
): Promise<Response> {
  const { headers: given } = options
  const headers = new Headers(typeof given === 'function' ? await given() : given)
  // By asking for problem documents too, the client tells our server that it understands other statuses than 200.
  if (!headers.has('Accept')) headers.set('Accept', 'text/event-stream, application/problem+json')
  for (const name in own) headers.set(name, own[name]!)
  // Header values are bytes, and an id travels as UTF-8 (HTML standard, 9.2.3, "Last-Event-ID").
  if (cursor) headers.set('Last-Event-ID', String.fromCharCode(...new TextEncoder().encode(cursor)))
  const init: RequestInit = {
    ...details,
    cache: 'no-store',
    headers,
    credentials: options.withCredentials ? 'include' : 'same-origin',
  }
  if (options.redirects === 'follow') return fetch(url, init)
  if (!globalThis.location) return (await import('./follow-redirects.ts')).followRedirects(url, init)
  const carriesMore = !!given || init.method === 'POST'
  const response = await fetch(url, { ...init, redirect: carriesMore ? 'error' : 'follow' })
  // An answer that a service worker makes up has no URL.
  if (response.url) checkRedirect(url, new URL(response.url))
  return response
}
