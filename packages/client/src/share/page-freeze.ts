import type { listenToPage } from '../supervisor/page-events.ts'

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
export function onPageRest(listen: typeof listenToPage, { rest, wake }: PageRest): () => void {
  let isResting = false
  return listen(['pagehide', 'freeze', 'pageshow', 'resume'], ({ type }) => {
    const rests = type === 'pagehide' || type === 'freeze'
    if (rests === isResting) return
    isResting = rests
    if (rests) rest()
    else wake()
  })
}
