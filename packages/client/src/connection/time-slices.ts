/** The turns of the event loop. Passed in, so that a test can control them. */
export interface EventLoop {
  /** Milliseconds on a clock that is never set back. */
  now(): number
  /** Resolves in a later turn, after the page has had its own. */
  nextTurn(): Promise<unknown>
}

/** Milliseconds of work in one turn: half a frame. */
const BUDGET = 8

/**
 * Spreads the work of a burst over several turns. A burst arrives in few chunks, and one turn parses a chunk and emits its events: 10,000
 * events took one turn of 130–220 ms. So after 8 ms of work the next piece waits for another turn.
 *
 * @returns runs one piece of work, in this turn or in a later one
 */
export function createTimeSlices({
  now,
  nextTurn,
}: EventLoop = eventLoop): (work: () => unknown) => Promise<void> {
  let worked = 0
  return async (work) => {
    if (worked >= BUDGET) {
      await nextTurn()
      worked = 0
    }
    const begun = now()
    work()
    worked += now() - begun
  }
}

/**
 * Not `scheduler.yield`, because it continues before the next frame. With 10,000 events in Chromium the longest frame took 130–170 ms with
 * it, 25–45 ms this way, 135–225 ms in one turn. Not a timer, because timers of a hidden page fire once a second.
 */
const eventLoop: EventLoop = {
  now: () => performance.now(),
  nextTurn: () =>
    new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close() // else the open port keeps Node running
        resolve()
      }
      port2.postMessage(0)
    }),
}
