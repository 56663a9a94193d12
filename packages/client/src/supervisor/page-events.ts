/**
 * Listens for events of the page or the worker. In Node it does nothing.
 *
 * Events of the document pass the window first, so listeners on the window are enough.
 *
 * @returns a function that stops listening
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
 * The stream of a hidden page is never closed. Without this function the client would notice the same later.
 *
 * @param wake `true`: the page was in the back/forward cache, so its connections are dead even if they claim to be open (iOS). `false`: the
 * page was just loaded. `undefined`: it may have slept.
 * @returns a function that stops listening
 */
export function onWakeup(wake: (wasCached: boolean | undefined) => void): () => void {
  return listenToPage(['visibilitychange', 'resume', 'pageshow', 'online'], (event) => {
    if (globalThis.document?.visibilityState !== 'hidden') wake((event as PageTransitionEvent).persisted)
  })
}
