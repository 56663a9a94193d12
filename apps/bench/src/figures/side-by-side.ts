import type { Contestant } from '../contestants/catalog.ts'
import type { Bench, Figure } from './figure.ts'
import { type Session, startSession } from './session.ts'

/** One of several servers that are up at the same time. */
export interface Lane {
  readonly contestant: Contestant
}

/** Does the same with one server after the other, beginning with another one each time. */
export type Each<L extends Lane> = (step: (session: Session, lane: L) => Promise<void>) => Promise<void>

/**
 * Starts all servers and lets them take short turns at what is measured. So a second in which the machine is slow costs each of them the
 * same, where one run after another would lay it all upon one of them. A contestant that fails is out of the figure.
 */
export async function sideBySide<L extends Lane>(
  bench: Bench,
  figure: Figure,
  lanes: readonly L[],
  use: (each: Each<L>) => Promise<void>,
): Promise<void> {
  const sessions = new Map<L, Session>()
  const orDisqualify = async (lane: L, step: () => Promise<void>) => {
    if (bench.isOut(lane.contestant.name, figure.name)) return
    try {
      await step()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      bench.disqualify(lane.contestant.name, figure.name, reason)
      // What it still does would cost the others.
      await sessions.get(lane)?.end()
      sessions.delete(lane)
    }
  }
  let begun = 0
  const each: Each<L> = async (step) => {
    const running = [...sessions]
    const shift = begun++ % Math.max(1, running.length)
    for (const [lane, session] of [...running.slice(shift), ...running.slice(0, shift)]) {
      await orDisqualify(lane, () => step(session, lane))
    }
  }
  try {
    for (const lane of lanes) {
      await orDisqualify(
        lane,
        async () => void sessions.set(lane, await startSession(bench, lane.contestant)),
      )
    }
    await use(each)
  } finally {
    await Promise.all([...sessions.values()].map((session) => session.end()))
  }
}
