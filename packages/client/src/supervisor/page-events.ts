/**
 * Listens for events of the page; in a worker, for those that it has. Does nothing where there are none, as in Node.
 *
 * What happens to the document passes the window on its way there, so the window hears it all.
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
 * Calls `wake` whenever the page may have slept: it is shown again, comes back from the back/forward cache, is thawed (Page Lifecycle), or
 * the network is back.
 *
 * A hidden page's stream is never closed: this only ever makes things happen sooner.
 *
 * @param wake told whether the page was in the back/forward cache: then its connections are dead, whatever they say of themselves (iOS says
 * OPEN). `false`: it has only just been loaded. `undefined`: it may have slept.
 * @returns stops listening
 */
export function onWakeup(wake: (wasCached: boolean | undefined) => void): () => void {
  return listenToPage(['visibilitychange', 'resume', 'pageshow', 'online'], (event) => {
    if (globalThis.document?.visibilityState !== 'hidden') wake((event as PageTransitionEvent).persisted)
  })
}
