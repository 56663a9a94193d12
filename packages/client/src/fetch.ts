import type { FetchLike, FetchRequest, HeadersOption, Question, Read, ResponseHead } from './request.ts'

/** One request. Rejects where the network does, and where the app's `headers` do. */
export async function ask(
  { headers: option, withCredentials }: FetchRequest,
  url: URL,
  { cursor, own = {}, ...init }: Question,
): Promise<Response> {
  const headers = await askHeaders(option)
  // Asking for problem documents too tells our server that this client can bear another status than 200.
  if (!headers.has('Accept')) headers.set('Accept', 'text/event-stream, application/problem+json')
  for (const name in own) headers.set(name, own[name]!)
  // Header values are bytes, and an id travels as UTF-8 (HTML standard, 9.2.3, "Last-Event-ID").
  if (cursor) headers.set('Last-Event-ID', String.fromCharCode(...new TextEncoder().encode(cursor)))
  const credentials = withCredentials ? 'include' : 'same-origin'
  return fetch(url, { ...init, cache: 'no-store', headers, credentials })
}

/** Bytes that a connection brings before it is read in slices: no more than one slice has. */
const UNSLICED = 16_384

/**
 * The answer as `eventsource` takes it, its chunks noted on their way: no other stream in between, and nothing copied. What slices a burst is
 * loaded when a connection has brought so much that there may be one; nothing is read meanwhile, and if it cannot be loaded, nothing is sliced.
 */
export async function observe(
  read: Read,
  { headers, status }: ResponseHead,
  received: (chunk: Uint8Array) => void,
): ReturnType<FetchLike> {
  let bytes = 0
  let next: Read = async () => {
    const chunk = await read()
    if (chunk.done) return chunk
    bytes += chunk.value.length
    if (bytes > UNSLICED) {
      const slices = await import('./later.ts').catch(() => undefined)
      if (slices) {
        next = slices.inSlices(read, received, chunk.value)
        return next()
      }
    }
    received(chunk.value)
    return chunk
  }
  // It is never cancelled: `eventsource` aborts the signal of its request.
  const reader = { read: () => next(), cancel: async () => {} }
  return { body: { getReader: () => reader }, headers, status, redirected: false, url: '' }
}

/** `eventsource` takes any AbortError for its own `close()` and tells nothing: one of the app's must not pass for it. */
async function askHeaders(headers: HeadersOption | undefined): Promise<Headers> {
  try {
    return new Headers(typeof headers === 'function' ? await headers() : headers)
  } catch (cause) {
    throw new Error('`headers` failed', { cause })
  }
}
