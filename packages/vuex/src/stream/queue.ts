import { isShown, onNextFrame } from './frame.ts'

/**
 * Items of one frame, so that the one commit of a batch stays short too: 120,000 a second. Fewer would cost more: in a strict store every
 * commit looks through the whole state, 5 ms of CPU for 200 small records on Vue 3.
 */
const MOST_OF_A_FRAME = 2_000

/** Milliseconds of a frame that delivering may take; the rest of the frame is the page's. */
const BUDGET = 10

/** More than so many are not held back: a hidden page's timers may come once a minute. */
const MOST = 20_000

export interface Queue<Item> {
  push(item: Item): void
  /** Delivers what is waiting, now. */
  flush(): void
}

/**
 * Holds items back until the next frame, and delivers them in order. A burst of thousands is a few rounds of work for the page, and none
 * of them makes a long frame. A hidden page has no frames to spoil: there a round delivers everything.
 *
 * @param isHeld false delivers every item at once
 * @param deliver must not throw
 * @param settle called at the end of each round; must not throw
 */
export function createQueue<Item>(
  isHeld: boolean,
  deliver: (item: Item) => void,
  settle: () => void,
): Queue<Item> {
  let items: Item[] = []
  let next = 0
  let cancel: (() => void) | undefined

  function round(most: number, budget: number): void {
    cancel?.()
    cancel = undefined
    const end = performance.now() + budget
    // `next` is shared: a target that flushes, as one that disconnects does, delivers the rest itself and in order.
    for (let left = most; next < items.length && left > 0; left--) {
      deliver(items[next++] as Item)
      if (performance.now() > end) break
    }
    items = items.slice(next)
    next = 0
    settle()
    if (items.length > 0) wait()
  }

  function frame(): void {
    if (isShown()) round(MOST_OF_A_FRAME, BUDGET)
    else flush()
  }

  function wait(): void {
    cancel ??= onNextFrame(frame)
  }

  const flush = () => round(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)

  return {
    push(item) {
      items.push(item)
      if (!isHeld) flush()
      else if (items.length > MOST) round(MOST_OF_A_FRAME, BUDGET)
      else wait()
    },
    flush,
  }
}
