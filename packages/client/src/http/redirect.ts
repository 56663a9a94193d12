import { Failure } from './failure.ts'

/**
 * Checks that a redirect stays within the origin, or goes from `http:` to `https:` on the same host.
 *
 * @throws Failure `redirect` if it does not
 */
export function checkRedirect(from: URL, to: URL): void {
  if (to.origin === from.origin || (to.host === from.host && to.protocol === 'https:')) return
  const message = `A redirect leads to ${to.origin}. Allow it with \`redirects: 'follow'\``
  throw new Failure({ code: 'redirect', message })
}
