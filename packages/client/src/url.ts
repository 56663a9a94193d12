import { SseError } from './errors.ts'

/** What travels in the query of a connect. */
export interface Query {
  /** Channels wished for; none leaves the URL as the app wrote it. */
  readonly channels: Iterable<string>
  /** The cursor, where no header can carry it. */
  readonly lastEventId?: string | undefined
}

/**
 * The absolute URL, resolved as EventSource does (HTML standard, 9.2.2): against the document's base; in a worker, which has no document,
 * against its own location.
 *
 * @throws SseError `invalid-url` when it cannot be resolved, as a relative URL in Node
 */
export function resolveUrl(url: string | URL): URL {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href
  try {
    return new URL(url, base)
  } catch {
    throw new SseError(
      'invalid-url',
      `${JSON.stringify(String(url))} is no URL here: give an absolute URL`,
      url,
    )
  }
}

/** The URL of one attempt. */
export function withQuery(url: URL, { channels, lastEventId }: Query): URL {
  const result = new URL(url)
  const wishes = [...channels].map(encodeURIComponent).join(',')
  if (lastEventId) result.searchParams.set('lastEventId', lastEventId)
  if (!wishes) return result
  result.searchParams.delete('channels')
  // Commas separate names, so they are not encoded.
  result.search = [result.search.slice(1), `channels=${wishes}`].filter(Boolean).join('&')
  return result
}

/** Whether a page of another origin is asking. Node has no origin. */
export function isCrossOrigin(url: URL): boolean {
  return !!globalThis.location && location.origin !== url.origin
}
