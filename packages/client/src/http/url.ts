import { SseError } from '../errors.ts'

/** The URL of a stream, or a function that is called for it before every attempt. */
export type UrlOption = string | URL | (() => string | URL | Promise<string | URL>)

/**
 * Where the requests of a client go. `get` gives the URL for one attempt. It rejects with an error of the app's function, and with an SseError
 * if its URL can never work. `fixed` is the given URL, or a placeholder for the function. It identifies the stream and is never requested.
 *
 * @throws SseError `invalid-url` for a URL that cannot work
 */
export function createAddress(option: UrlOption): { fixed: URL; get(): URL | Promise<URL> } {
  if (typeof option === 'function') {
    return { fixed: new URL('function:'), get: async () => resolveUrl(await option()) }
  }
  const fixed = resolveUrl(option)
  return { fixed, get: () => fixed }
}

/**
 * The absolute URL, resolved as EventSource does (HTML standard, 9.2.2): against the document's base or, in a worker, against its location.
 *
 * @throws SseError `invalid-url` if it cannot be resolved, as a relative URL in Node; if it is not `http:` or `https:`; and if it contains a
 * password, which `fetch` refuses
 */
export function resolveUrl(url: string | URL): URL {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href
  let resolved: URL | undefined
  try {
    resolved = new URL(url, base)
  } catch {}
  if (resolved && /^https?:$/.test(resolved.protocol) && !resolved.username && !resolved.password)
    return resolved
  throw new SseError(
    'invalid-url',
    `${JSON.stringify(String(url))} cannot be used: give an absolute http(s) URL without a password`,
    url,
  )
}

/**
 * The URL of one request: with the channels, and with the cursor if no header can carry it. Empty ones leave the URL as the app wrote it.
 * Parameters are appended as text, because `searchParams` would rewrite the whole query and break a signed one. Only parameters of the same
 * names are replaced.
 */
export function withQuery(url: URL, channels: Iterable<string>, lastEventId: string): URL {
  const result = new URL(url)
  // Commas separate names, so they are not encoded.
  const parameters = {
    channels: [...channels].map(encodeURIComponent),
    lastEventId: encodeURIComponent(lastEventId),
  }
  for (const [name, value] of Object.entries(parameters)) {
    const others = result.search.slice(1).split('&')
    const kept = others.filter((part) => part && !part.startsWith(`${name}=`))
    if (value.length > 0) result.search = [...kept, `${name}=${value}`].join('&')
  }
  return result
}

/** Whether the page has another origin. Node has no origin. */
export function isCrossOrigin(url: URL): boolean {
  return !!globalThis.location && location.origin !== url.origin
}
