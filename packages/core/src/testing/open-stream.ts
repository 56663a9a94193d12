import { type Listening, reach } from './listening.ts'
import { TestStream } from './test-stream.ts'

export interface OpenStreamOptions {
  /** Default `GET`. */
  readonly method?: string | undefined
  /** Default `Accept: text/event-stream`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The request's body. Default: none. */
  readonly body?: string | undefined
  /** The header `Last-Event-ID`, in UTF-8 if Latin-1 is not enough. Default: none. */
  readonly lastEventId?: string | undefined
  /** The channels of the query, as `channels=a,b`. Default: none. */
  readonly channels?: readonly string[] | undefined
}

/**
 * Opens a stream for a test and reads it item by item. It waits for what the stream says, and for nothing else.
 *
 * ```ts
 * await using stream = await openStream(app, '/events', { channels: ['news'] })
 * expect((await stream.next('notification')).data).toBe('{"title":"Hi"}')
 * ```
 *
 * It also resolves for an answer that is not a stream: look at `status`, `headers`, `text()` and `json()`.
 *
 * @param target an Express application or an `http.Server`, which listens on a free port while the stream is open; a server that listens
 * already, which stays as it is; or an origin, such as `http://localhost:3000`
 * @throws (rejected) if nothing answers there
 */
export async function openStream(
  target: Listening | string | URL,
  path = '/',
  options: OpenStreamOptions = {},
): Promise<TestStream> {
  const { origin, stop } = await reach(target)
  const { method = 'GET', body } = options
  const abort = new AbortController()
  try {
    const url = urlOf(path, origin, options)
    const init = { method, headers: headersOf(options), signal: abort.signal }
    const response = await answered(url, body === undefined ? init : { ...init, body })
    return new TestStream(response, `${method} ${path}`, async () => {
      abort.abort()
      await stop()
    })
  } catch (error) {
    await stop()
    throw error
  }
}

function urlOf(path: string, origin: string, { channels }: OpenStreamOptions): URL {
  const url = new URL(path, origin)
  if (!channels) return url
  // Commas separate names, so they are not encoded.
  const asked = `channels=${channels.map(encodeURIComponent).join(',')}`
  url.search = [url.search.slice(1), asked].filter(Boolean).join('&')
  return url
}

function headersOf({ headers = {}, lastEventId }: OpenStreamOptions): Record<string, string> {
  const cursor = lastEventId === undefined ? {} : { 'Last-Event-ID': asHeader(lastEventId) }
  return { Accept: 'text/event-stream', ...cursor, ...headers }
}

/** The characters of a header are bytes. Other text is sent as UTF-8, as a browser sends a cursor. */
function asHeader(text: string): string {
  return /^[\0-\xff]*$/.test(text) ? text : Buffer.from(text).toString('latin1')
}

async function answered(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    throw new Error(`${init.method} ${url} was not answered: ${reasonOf(error)}`, { cause: error })
  }
}

/** The error of `fetch` says that it failed, and its cause says why. */
function reasonOf(error: unknown): string {
  const { cause, message, code } = error as { cause?: unknown; message?: string; code?: string }
  return cause === undefined ? message || code || String(error) : reasonOf(cause)
}
