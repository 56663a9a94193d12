/** The server's clock, as far as it can be known from here. */

export interface ServerClock {
  /** Milliseconds since the epoch, by the server's clock. */
  now(): number
  /** Asks again: clocks drift, and machines sleep. */
  synchronise(): Promise<void>
}

/** How often the server is asked; the quickest answer is the one believed. */
const samples = 8

const local = () => performance.timeOrigin + performance.now()

/**
 * As NTP does: the server's time is taken to be that of the middle between question and answer, and of several answers the one that took least is the
 * best, because it leaves least room to be wrong: half of what it took.
 */
export function createServerClock(ask: () => Promise<number>): ServerClock {
  let offset = 0

  async function sample(): Promise<{ took: number; offset: number }> {
    const asked = local()
    const theirs = await ask()
    const answered = local()
    return { took: answered - asked, offset: theirs - (asked + answered) / 2 }
  }

  return {
    now: () => local() + offset,
    async synchronise() {
      let best = await sample()
      for (let taken = 1; taken < samples; taken++) {
        const next = await sample()
        if (next.took < best.took) best = next
      }
      offset = best.offset
    },
  }
}
