import type { OpenLines } from './open-lines.ts'

/** Real faults of the connection, so that one can watch a page recover. Each strikes the streams of one session in this process. */
export interface LineFaults {
  /** The connections break, without a word. */
  cut(session: string): void
  /** They stay open, and nothing more arrives for so many seconds: what is written meanwhile waits here. */
  stall(session: string, seconds: number): void
  /** They break, and new streams are refused for so many seconds. */
  refuse(session: string, seconds: number): void
  /** How many whole seconds a new stream of this session has to wait; undefined when it may open. */
  refusedFor(session: string): number | undefined
}

/** @param now milliseconds; default: the monotonic clock */
export function createLineFaults(lines: OpenLines, now: () => number = () => performance.now()): LineFaults {
  /** Until when, by session. */
  const refused = new Map<string, number>()

  function cut(session: string): void {
    for (const socket of lines.of(session)) socket.destroy()
  }

  return {
    cut,
    stall(session, seconds) {
      for (const socket of lines.of(session)) {
        // A corked socket takes writes and sends none: to the other end the line is open and silent.
        socket.cork()
        setTimeout(() => socket.uncork(), seconds * 1000).unref()
      }
    },
    refuse(session, seconds) {
      for (const [other, until] of refused) if (until <= now()) refused.delete(other)
      refused.set(session, now() + seconds * 1000)
      cut(session)
    },
    refusedFor(session) {
      const left = (refused.get(session) ?? 0) - now()
      return left > 0 ? Math.ceil(left / 1000) : undefined
    },
  }
}
