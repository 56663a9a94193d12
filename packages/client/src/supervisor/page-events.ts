/**
 * Listens for events of the page or, in a worker, for those that a worker has. Does nothing where there are none, as in Node.
 *
 * Events of the document pass the window first, so it is enough to listen there.
 *
 * @returns stops listening
 */
export function listenToPage(events: readonly string[], listener: (event: Event) => void): () => void {
  const stop = new AbortController()
  for (const event of events)
    globalThis.addEventListener?.(event, listener, { capture: true, signal: stop.signal })
  return () => stop.abort()
}

/**
 * Calls `wake` whenever the page may have slept: it is shown again, returns from the back/forward cache, is resumed (Page Lifecycle), or the
 * network is back.
 *
 * The stream of a hidden page is never closed. This function only makes things happen sooner.
 *
 * @param wake `true`: the page was in the back/forward cache, so its connections are dead even if they claim to be open (iOS). `false`: the
 * page was just loaded. `undefined`: it may have slept.
 * @returns stops listening
 */
export function onWakeup(wake: (wasCached: boolean | undefined) => void): () => void {
  return listenToPage(['visibilitychange', 'resume', 'pageshow', 'online'], (event) => {
    if (globalThis.document?.visibilityState !== 'hidden') wake((event as PageTransitionEvent).persisted)
  })
}
