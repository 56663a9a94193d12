import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { TestServer } from '../start-server.ts'
import type { Random } from './random.ts'

/** Something that goes wrong. It strikes when the server is up, and leaves it up. */
export interface Fault {
  readonly name: string
  /** How often it is drawn, compared to others. */
  readonly weight: number
  strike(): Promise<void>
}

/**
 * The server is killed on the spot, and started again after a while.
 *
 * @param meanwhile what must happen before it is started again. Default: nothing
 */
export function killServer(
  server: TestServer,
  random: Random,
  meanwhile: () => Promise<void> = async () => {},
): Fault {
  return {
    name: 'kill',
    weight: 2,
    async strike() {
      await server.process.kill('SIGKILL')
      await delay(random.between(0, 1500))
      await meanwhile()
      await server.restart()
    },
  }
}

/** The server stores what the page writes next, and the page does not get the answer: it sends again under the same key. */
export function loseAnswer(page: Page): Fault {
  return {
    name: 'lost answer',
    // Once, as the wait in the outbox.
    weight: 0,
    async strike() {
      const { promise: lost, resolve, reject } = Promise.withResolvers<void>()
      await page.route(
        ({ pathname }) => pathname === '/api/notifications',
        async (route) => {
          try {
            const status = route.request().method() === 'POST' ? (await route.fetch()).status() : undefined
            if (status !== 201) return await route.fallback()
            await route.abort()
            resolve()
          } catch (error) {
            reject(error)
          }
        },
      )
      await lost
      await page.unrouteAll({ behavior: 'wait' })
    },
  }
}

/** The line of a session, drawn from these cookies: cut, stalled for longer or shorter than the watchdog waits, or refused. */
export function lineFaults(origin: string, cookies: readonly string[], random: Random): Fault[] {
  const strike = (path: string, longest?: number) => async () => {
    const answer = await fetch(`${origin}/api/line/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Cookie: random.pick(cookies) },
      body: JSON.stringify(longest === undefined ? {} : { seconds: random.between(1, longest) }),
    })
    if (answer.status !== 204) throw new Error(`${answer.status}: ${await answer.text()}`)
  }
  return [
    { name: 'cut', weight: 4, strike: strike('cut') },
    { name: 'stall', weight: 2, strike: strike('stall', 20) },
    { name: 'refuse', weight: 1, strike: strike('refuse', 4) },
  ]
}

/** Lets each fault strike once, and then faults at random, until so many milliseconds are over. Gives how often each did. */
export async function strikeFor(
  time: number,
  faults: readonly Fault[],
  random: Random,
): Promise<Record<string, number>> {
  const drawn = faults.flatMap((fault) => new Array<Fault>(fault.weight).fill(fault))
  const counts: Record<string, number> = Object.fromEntries(faults.map(({ name }) => [name, 0]))
  const due = [...faults]
  const end = performance.now() + time
  while (due.length > 0 || performance.now() < end) {
    const fault = due.shift() ?? random.pick(drawn)
    await fault.strike()
    counts[fault.name]!++
    await delay(random.between(300, 2500))
  }
  return counts
}
