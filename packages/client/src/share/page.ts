/** What a page does when it is put away, and when it is taken out again. */
export interface PageRest {
  rest(): void
  wake(): void
}

/**
 * Calls `rest` when the page goes into the back/forward cache or is frozen, and `wake` when it is back. A page that rests must not hold a
 * lock (browsers neither cache nor freeze it then, or throw it away) nor the connection of tabs that are awake. Does nothing where there
 * are no pages.
 *
 * @returns stops listening
 */
export function onPageRest({ rest, wake }: PageRest): () => void {
  const page: Partial<Document> | undefined = globalThis.document
  let resting = false
  const change = ({ type }: Event) => {
    const rests = type === 'pagehide' || type === 'freeze'
    if (rests === resting) return
    resting = rests
    if (rests) rest()
    else wake()
  }
  const stop = new AbortController()
  const listen = (target: Partial<EventTarget> | undefined, ...events: string[]) => {
    for (const event of events) target?.addEventListener?.(event, change, stop)
  }
  listen(page, 'freeze', 'resume')
  listen(globalThis, 'pagehide', 'pageshow')
  return () => stop.abort()
}
