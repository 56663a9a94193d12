import type { Socket } from 'node:net'

/** Bytes under way in one direction over which the sender is held up, as a full line would. */
const capacity = 4 * 2 ** 20

interface Piece {
  readonly due: number
  /** `null` is the end. */
  readonly bytes: Buffer | null
}

/** One direction of a connection. */
export interface Pipe {
  /** Bytes that are on their way. */
  readonly held: number
}

/**
 * Carries what one socket gets to another one, late. Order is kept when the latency changes: a piece waits for those before it. Errors are left to 'close', which follows.
 */
export function pipeLate(from: Socket, to: Socket, latency: () => number): Pipe {
  const pieces: Piece[] = []
  let held = 0
  let isFull = false
  let timer: NodeJS.Timeout | undefined

  function take(bytes: Buffer | null): void {
    pieces.push({ due: performance.now() + latency(), bytes })
    held += bytes?.length ?? 0
    if (held > capacity) from.pause()
    deliver()
  }

  function deliver(): void {
    clearTimeout(timer)
    while (pieces.length > 0 && !isFull && !to.destroyed) {
      const { due, bytes } = pieces[0]!
      // A timer may fire a fraction of a millisecond early.
      const rest = due - performance.now()
      if (rest > 0.5) {
        timer = setTimeout(deliver, rest)
        return
      }
      pieces.shift()
      if (bytes === null) {
        to.end()
        return
      }
      held -= bytes.length
      if (held <= capacity) from.resume()
      isFull = !to.write(bytes)
    }
  }

  from.on('data', take)
  from.once('end', () => take(null))
  to.on('drain', () => {
    isFull = false
    deliver()
  })
  to.once('close', () => {
    clearTimeout(timer)
    pieces.length = 0
  })
  return {
    get held() {
      return held
    },
  }
}
