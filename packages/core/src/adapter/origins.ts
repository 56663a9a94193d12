import { SseError, show } from '../errors.ts'
import type { Exchange } from './exchange.ts'

/**
 * An origin as browsers send it (`https://app.example`, `capacitor://localhost`, `chrome-extension://…`), all subdomains of a domain
 * (`https://*.example.com`), all origins (`*`), or a function that returns `true` for an allowed origin.
 */
type Origin<R> = string | ((origin: string, request: R) => boolean)

/** One or several origins whose pages may open streams. */
export type Origins<R> = Origin<R> | readonly Origin<R>[]

/**
 * The reason if a page of another site may not open a stream. `undefined` if it may, and for clients that are not pages. Browsers send
 * `Sec-Fetch-Site` (Fetch Metadata) and `Origin` (RFC 6454), and scripts cannot forge either.
 *
 * Without `origins`, pages of the same site may open streams, and pages that may read the response by the app's CORS headers.
 */
export function crossSiteProblem<R>(
  exchange: Exchange<R>,
  origins: Origins<R> | undefined,
): string | undefined {
  const origin = exchange.header('origin')
  const site = exchange.header('sec-fetch-site')
  if (origins === '*' || site === 'same-origin' || site === 'none') return undefined
  if (origin === undefined && site === undefined) return undefined
  if (origin === undefined) {
    const own = site === 'same-site' && origins === undefined
    return own ? undefined : 'A page of another site may not open this stream without an Origin header.'
  }
  if (mayOpen(origin, site, exchange, origins)) return undefined
  return `A page of ${JSON.stringify(origin.slice(0, 256))} may not open this stream: allow its origin by CORS, or in the option origins.`
}

function mayOpen<R>(
  origin: string,
  site: string | undefined,
  exchange: Exchange<R>,
  origins: Origins<R> | undefined,
): boolean {
  const page = pageOf(origin)
  if (origins === undefined) {
    const sameSite =
      site === 'same-site' ||
      (site === undefined && page !== undefined && page.hostname === exchange.hostname)
    const readable = exchange.ownHeader('Access-Control-Allow-Origin')
    return sameSite || readable === '*' || readable === origin
  }
  if (site === undefined && page !== undefined && page.host === exchange.header('host')) return true
  return [origins].flat().some((allowed) => matches(allowed, origin, exchange.request))
}

function matches<R>(allowed: Origin<R>, origin: string, request: R): boolean {
  // A promise is not a permission.
  if (typeof allowed === 'function') return allowed(origin, request) === true
  const pattern = subdomainsIn(allowed)
  if (!pattern) return allowed === '*' || allowed === origin
  const { scheme, domain } = pattern
  if (!origin.startsWith(scheme) || !origin.endsWith(`.${domain}`)) return false
  // Browsers send host names in lower case, and other scripts as punycode.
  return /^[a-z\d_-]+(\.[a-z\d_-]+)*$/.test(origin.slice(scheme.length, -domain.length - 1))
}

/** The parts of a pattern such as `https://*.example.com:8443`; `undefined` for a text of another form. */
function subdomainsIn(pattern: string): { readonly scheme: string; readonly domain: string } | undefined {
  const [, scheme, domain] = /^([a-z][a-z\d+.-]*:\/\/)\*\.(.*)$/.exec(pattern) ?? []
  return scheme !== undefined && domain !== undefined && isOrigin(scheme + domain)
    ? { scheme, domain }
    : undefined
}

/** Whether a text is an origin as browsers serialise it. */
function isOrigin(text: string): boolean {
  const url = text.includes('*') ? null : URL.parse(text)
  if (url?.origin === text || text === 'null') return true
  // The URL standard calls an origin of another scheme opaque, but web views and extensions send it as it is.
  return url?.origin === 'null' && /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@\\*,]*$/.test(text)
}

/** @throws {SseError} `invalid-option` */
export function checkOrigins(origins: Origins<never> | undefined): void {
  if (origins === undefined) return
  for (const origin of [origins].flat() as readonly unknown[]) {
    if (typeof origin === 'function' || origin === '*') continue
    if (typeof origin === 'string' && (isOrigin(origin) || subdomainsIn(origin))) continue
    const canonical = typeof origin === 'string' ? URL.parse(origin)?.origin : undefined
    const wayOut =
      canonical && canonical !== 'null' && !canonical.includes('*')
        ? `Did you mean ${show(canonical)}?`
        : 'Give scheme, host and port, such as "https://app.example", or "https://*.example.com" for all subdomains.'
    throw new SseError('invalid-option', `origins has ${show(origin)}, which is not an origin. ${wayOut}`, {
      value: origin,
    })
  }
}

/** The URL of an `http:` or `https:` origin that has the form in which browsers send it. */
function pageOf(origin: string): URL | undefined {
  const url = URL.parse(origin)
  return url?.origin === origin ? url : undefined
}
