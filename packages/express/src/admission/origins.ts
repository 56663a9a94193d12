import { SseError } from '@sse/core'
import type { Request, Response } from 'express'
import { show } from '../show.ts'

/** The origins whose pages may open streams: some, all, or those that a function says. */
export type Origins = '*' | string | readonly string[] | ((origin: string, request: Request) => boolean)

/**
 * Why a page of another site may not open a stream; `undefined` when it may, and for clients that are no pages. Browsers say where a
 * request comes from in `Sec-Fetch-Site` (Fetch Metadata) and `Origin` (RFC 6454), and scripts cannot forge either.
 *
 * Without `origins` a page may if it is of the same site, or if the app's CORS headers let it read the response anyway.
 */
export function crossSiteProblem(
  request: Request,
  response: Response,
  origins: Origins | undefined,
): string | undefined {
  const { origin } = request.headers
  const site = request.get('Sec-Fetch-Site')
  if (origins === '*' || site === 'same-origin' || site === 'none') return undefined
  if (origin === undefined && site === undefined) return undefined
  if (origin === undefined) {
    const own = site === 'same-site' && origins === undefined
    return own ? undefined : 'A page of another site may not open this stream without saying its origin.'
  }
  if (mayOpen(origin, site, { request, response, origins })) return undefined
  return `A page of ${JSON.stringify(origin.slice(0, 256))} may not open this stream: allow its origin by cors, or in the option origins.`
}

function mayOpen(
  origin: string,
  site: string | undefined,
  { request, response, origins }: { request: Request; response: Response; origins: Origins | undefined },
): boolean {
  const url = urlOf(origin)
  if (origins === undefined) {
    const sameSite =
      site === 'same-site' || (site === undefined && url !== undefined && url.hostname === request.hostname)
    const readable = response.get('Access-Control-Allow-Origin')
    return sameSite || readable === '*' || readable === origin
  }
  if (site === undefined && url !== undefined && url.host === request.headers.host) return true
  // A promise is no permission.
  if (typeof origins === 'function') return origins(origin, request) === true
  return [origins].flat().includes(origin)
}

/** @throws {SseError} `invalid-option` */
export function checkOrigins(origins: Origins | undefined): void {
  if (origins === undefined || origins === '*' || typeof origins === 'function') return
  for (const origin of [origins].flat()) {
    if (origin === 'null' || urlOf(origin)?.origin === origin) continue
    throw new SseError(
      'invalid-option',
      `origins has ${show(origin)}: an origin is scheme, host and port, such as "https://app.example".`,
      { value: origin },
    )
  }
}

function urlOf(origin: unknown): URL | undefined {
  return (typeof origin === 'string' && URL.parse(origin)) || undefined
}
