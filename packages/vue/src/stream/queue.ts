/**
 * The most items of a frame, so that the one commit of a batch stays short too: 120,000 a second. Fewer would cost more: in a strict store
 * every commit checks the whole state, which takes 5 ms of CPU for 200 small records on Vue 3.
 */
const MOST_OF_A_FRAME = 2_000

/** Milliseconds of a frame for the delivery. The rest of the frame belongs to the page. */
const BUDGET = 10

/** The most items that wait: timers of a hidden page may fire once a minute. */
const MOST = 20_000

/** Milliseconds of a frame while no frames are painted. */
const FRAME = 16

/** Milliseconds after which the queue no longer waits for a frame: the page was hidden meanwhile, or is too slow. */
const LATE = 250

/**
 * Holds items until the next frame, and delivers them in order. So a burst of thousands of items takes a few rounds, and none of them makes a
 * long frame. A hidden page paints no frames, so there one round delivers everything.
 *
 * @param isHeld false: delivers every item immediately
 * @param deliver must not throw
 * @param endRound called at the end of each round; must not throw
 */
export function createQueue<Item>(
  isHeld: () => boolean,
  deliver: (item: Item) => void,
  endRound: () => void,
) {
  let items: Item[] = []
  let next = 0
  let cancel: (() => void) | undefined

  function round(most: number, budget: number): void {
    cancel?.()
    cancel = undefined
    const end = performance.now() + budget
    // `next` is shared: a target may flush, for example by a disconnect. That round delivers the rest in order.
    for (let left = most; next < items.length && left > 0; left--) {
      deliver(items[next++] as Item)
      if (performance.now() > end) break
    }
    items = items.slice(next)
    next = 0
    endRound()
    if (items.length > 0) wait()
  }

  function frame(): void {
    if (isShown()) round(MOST_OF_A_FRAME, BUDGET)
    else flush()
  }

  function wait(): void {
    cancel ??= onNextFrame(frame)
  }

  /** Delivers all waiting items now. */
  const flush = () => round(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)

  return {
    push(item: Item): void {
      items.push(item)
      if (!isHeld()) flush()
      else if (items.length > MOST) round(MOST_OF_A_FRAME, BUDGET)
      else wait()
    },
    flush,
    waiting: () => items.length - next,
  }
}

/** Whether frames are painted. A hidden page paints none, and outside of a page there are none. */
const isShown = (): boolean =>
  typeof requestAnimationFrame === 'function' && globalThis.document?.visibilityState !== 'hidden'

/**
 * Calls `run` before the next frame is painted, or by a timer if none is.
 *
 * @returns cancels it
 */
function onNextFrame(run: () => void): () => void {
  const shown = isShown()
  const timer = setTimeout(run, shown ? LATE : FRAME)
  const frame = shown && requestAnimationFrame(run)
  return () => {
    clearTimeout(timer)
    if (frame) cancelAnimationFrame(frame)
  }
}
