/**
 * Calls `wake` whenever the page may have slept: it is shown again, comes back from the back/forward cache (iOS returns so), is thawed
 * (Page Lifecycle), or the network is back. Does nothing where there are no such events, as in Node.
 *
 * A hidden page's stream is never closed: this only ever makes things happen sooner.
 *
 * @returns stops listening
 */
export function onWakeup(wake: () => void): () => void {
  const page: Partial<Document> | undefined = globalThis.document
  const whenVisible = () => {
    if (page?.visibilityState !== 'hidden') wake()
  }
  const listened = [
    [page, 'visibilitychange'],
    [page, 'resume'],
    [globalThis, 'pageshow'],
    [globalThis, 'online'],
  ] as const
  for (const [target, event] of listened) target?.addEventListener?.(event, whenVisible)
  return () => {
    for (const [target, event] of listened) target?.removeEventListener?.(event, whenVisible)
  }
}
