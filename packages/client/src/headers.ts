type HeadersRecord = Readonly<Record<string, string>>

/** Headers of a request, or a function that is asked for them before each one, so that a token is never stale. */
export type HeadersOption = HeadersRecord | (() => HeadersRecord | Promise<HeadersRecord>)

/** The headers of one request. Rejects when the app's function does. */
export async function askHeaders(headers: HeadersOption | undefined): Promise<Headers> {
  return new Headers(typeof headers === 'function' ? await headers() : headers)
}

/** `withCredentials` as `fetch` calls it. */
export const credentialsOf = (withCredentials: boolean | undefined): RequestCredentials =>
  withCredentials ? 'include' : 'same-origin'
