/**
 * Calls `wake` whenever the page may have slept: it is shown again, comes back from the back/forward cache, is thawed (Page Lifecycle), or
 * the network is back. Does nothing where there are no such events, as in Node.
 *
 * A hidden page's stream is never closed: this only ever makes things happen sooner.
 *
 * @param wake told whether the page was in that cache: then its connections are dead, whatever they say of themselves (iOS says OPEN)
 * @returns stops listening
 */
export function onWakeup(wake: (wasCached: boolean) => void): () => void {
  const page: Partial<Document> | undefined = globalThis.document
  const whenVisible = (event: Event) => {
    if (page?.visibilityState !== 'hidden') wake((event as PageTransitionEvent).persisted)
  }
  const stop = new AbortController()
  const listen = (target: Partial<EventTarget> | undefined, ...events: string[]) => {
    for (const event of events) target?.addEventListener?.(event, whenVisible, stop)
  }
  listen(page, 'visibilitychange', 'resume')
  listen(globalThis, 'pageshow', 'online')
  return () => stop.abort()
}
