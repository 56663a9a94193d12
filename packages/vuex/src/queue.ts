import { onNextFrame } from './frame.ts'

/** More than so many are not held back for a frame: a hidden page's timers may come once a minute. */
const MOST = 20_000

export interface Queue<Item> {
  push(item: Item): void
  /** Delivers what is waiting, now. */
  flush(): void
}

/**
 * Holds items back until the next frame, and delivers them in order. A burst of thousands is one round of work for the page.
 *
 * @param isHeld false delivers every item at once
 * @param settle called at the end of each round
 */
export function createQueue<Item>(
  isHeld: boolean,
  deliver: (item: Item) => void,
  settle: () => void,
): Queue<Item> {
  let items: Item[] = []
  let next = 0
  let cancel: (() => void) | undefined

  function flush(): void {
    cancel?.()
    cancel = undefined
    // `next` is shared: a target that flushes, as one that disconnects does, delivers the rest itself and in order.
    for (let item = items[next++]; item !== undefined; item = items[next++]) deliver(item)
    items = []
    next = 0
    settle()
  }

  return {
    push(item) {
      items.push(item)
      if (!isHeld || items.length >= MOST) flush()
      else cancel ??= onNextFrame(flush)
    },
    flush,
  }
}
