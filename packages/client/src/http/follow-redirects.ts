import { checkRedirect } from './redirect.ts'

/** The most redirects in a row, as in `fetch` (Fetch standard, 4.4, "HTTP-redirect fetch"). */
const MOST_REDIRECTS = 20

/**
 * Makes a request and follows its redirects one by one. Used outside of pages, where an answer shows its redirect, so nothing is sent to
 * another origin. A redirect without a location is an answer like any other. Pages never load this file.
 *
 * Rejects after too many redirects, and with a `Failure` `redirect` if a redirect must not be followed.
 */
export async function followRedirects(from: URL, init: RequestInit): Promise<Response> {
  let url = from
  for (let count = 0; count <= MOST_REDIRECTS; count++) {
    const response = await fetch(url, { ...init, redirect: 'manual' })
    const location = response.headers.get('Location')
    // Other redirects turn a POST into a GET, whose answer says nothing about the POST.
    const redirects = init.method === 'POST' ? [307, 308] : [301, 302, 303, 307, 308]
    if (location === null || !redirects.includes(response.status)) return response
    await response.body?.cancel()
    url = new URL(location, url)
    checkRedirect(from, url)
  }
  throw new Error(`More than ${MOST_REDIRECTS} redirects in a row`)
}
