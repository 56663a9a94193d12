import { checkRedirect } from './redirect.ts'

type HeadersRecord = Readonly<Record<string, string>>

/** Headers of a request, or a function that is asked for them before each one, so that a token is never stale. */
export type HeadersOption = HeadersRecord | (() => HeadersRecord | Promise<HeadersRecord>)

/** Which redirects are followed: those within the origin (and from `http:` to `https:` on the same host), or all. */
export type RedirectsOption = 'same-origin' | 'follow'

/** What every request of a client has in common. */
export interface RequestOptions {
  readonly headers?: HeadersOption | undefined
  readonly withCredentials?: boolean | undefined
  readonly redirects?: RedirectsOption | undefined
}

/** One request: for a stream, unless it says something else. */
export interface Question extends Pick<RequestInit, 'method' | 'body'> {
  readonly signal: AbortSignal
  /** Sent as `Last-Event-ID` unless it is empty. */
  readonly cursor?: string
  /** Headers that go before those of the app. */
  readonly own?: HeadersRecord | undefined
}

/**
 * Makes one request. Rejects where the network does, where the app's `headers` do, and with a {@link Failure} `redirect` for a redirect that
 * must not be followed.
 *
 * Node shows where a redirect leads, so nothing is sent to another origin. A browser does not: there a request that carries more than a plain
 * GET follows no redirect at all, and an answer that came from another origin is discarded.
 */
export async function request(
  url: URL,
  { cursor, own = {}, ...question }: Question,
  options: RequestOptions,
): Promise<Response> {
  const { headers: given } = options
  const headers = new Headers(typeof given === 'function' ? await given() : given)
  // Asking for problem documents too tells our server that this client can bear another status than 200.
  if (!headers.has('Accept')) headers.set('Accept', 'text/event-stream, application/problem+json')
  for (const name in own) headers.set(name, own[name]!)
  // Header values are bytes, and an id travels as UTF-8 (HTML standard, 9.2.3, "Last-Event-ID").
  if (cursor) headers.set('Last-Event-ID', String.fromCharCode(...new TextEncoder().encode(cursor)))
  const init: RequestInit = {
    ...question,
    cache: 'no-store',
    headers,
    credentials: options.withCredentials ? 'include' : 'same-origin',
  }
  if (options.redirects === 'follow') return fetch(url, init)
  if (!globalThis.location) return (await import('./follow-redirects.ts')).follow(url, init)
  const carriesMore = !!given || init.method === 'POST'
  const response = await fetch(url, { ...init, redirect: carriesMore ? 'error' : 'follow' })
  // An answer that a service worker makes up has no address.
  if (response.url) checkRedirect(url, new URL(response.url))
  return response
}
