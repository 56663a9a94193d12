import type { Read } from './request.ts'

/** The turns of the event loop. Passed in, so that a test can hold them. */
export interface Turns {
  /** Milliseconds since any moment. Never put back. */
  now(): number
  /** Settles in a later turn, when the page has had its own. */
  next(): Promise<unknown>
}

/** Bytes that are handed on at once, at most: their events are told in a few milliseconds. */
const SLICE = 16_384

/** Milliseconds of work in one turn: half a frame. */
const BUDGET = 8

/**
 * Reads the same bytes in slices, each noted. A burst arrives in few chunks, and parsing a chunk and telling its events is one turn: of
 * 10,000 events one of 130–220 ms. So when the consumer has worked for as long as a turn may take, the next slice is for another turn.
 * Nothing is copied nor read ahead, and a consumer that is quick never waits. Loaded when it is needed.
 *
 * @param first a chunk that has been read already
 */
export function inSlices(
  read: Read,
  received: (slice: Uint8Array) => void,
  first: Uint8Array<ArrayBuffer> = new Uint8Array(),
  { now, next }: Turns = eventLoop,
): Read {
  let rest = first
  let worked = 0
  let handed = now()
  return async () => {
    worked += now() - handed
    if (worked >= BUDGET) {
      await next()
      worked = 0
    }
    if (!rest.length) {
      const chunk = await read()
      if (chunk.done) return chunk
      rest = chunk.value
    }
    const value = rest.subarray(0, SLICE)
    rest = rest.subarray(SLICE)
    received(value)
    handed = now()
    return { done: false, value }
  }
}

/**
 * Not `scheduler.yield`: what goes on after it goes before the next frame. Of 10,000 events in Chromium the longest frame took 130–170 ms with
 * it, 25–45 ms this way, 135–225 ms in one turn. Not a timer: in a hidden page they come once a second.
 */
const eventLoop: Turns = {
  now: () => performance.now(),
  next: () =>
    new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close() // Node would wait for more
        resolve()
      }
      port2.postMessage(0)
    }),
}
