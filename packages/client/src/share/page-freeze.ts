import type { listenToPage } from '../supervisor/page-events.ts'

/**
 * Calls `freeze` when the page goes into the back/forward cache or is frozen, and `resume` when it is back. A frozen page must not hold a lock,
 * because browsers then do not cache or freeze it, or discard it. And it must not hold the connection of other tabs. Does nothing outside of
 * pages.
 *
 * @returns stops listening
 */
export function onPageFreeze(
  listen: typeof listenToPage,
  freeze: () => void,
  resume: () => void,
): () => void {
  let isFrozen = false
  return listen(['pagehide', 'freeze', 'pageshow', 'resume'], ({ type }) => {
    const freezes = type === 'pagehide' || type === 'freeze'
    if (freezes === isFrozen) return
    isFrozen = freezes
    if (freezes) freeze()
    else resume()
  })
}
