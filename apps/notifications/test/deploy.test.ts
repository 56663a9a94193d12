import { until } from '@sse/testbed'
import { expect, onTestFinished, test } from 'vitest'
import { people } from '../server/directory.ts'
import { type Follower, follow } from './faults/followers.ts'
import { compare, readLedger } from './faults/ledger.ts'
import { startLoad } from './faults/load.ts'
import { signIn, startServer } from './start-server.ts'

const streams = 100
/** How long all may take, in ms, on a slow machine. */
const patience = { timeout: 60_000 }

test(`a deploy under load: ${streams} streams come back one by one, with nothing lost and nothing repeated`, async () => {
  const server = await startServer('development', { WRITES_PER_MINUTE: '100000' })
  onTestFinished(server.stop)
  const cookies = await Promise.all(people.map(({ id }) => signIn(server.origin, id)))
  const followers = Array.from({ length: streams }, (_, index) =>
    follow(server.origin, cookies[index % cookies.length]!),
  )
  const all = (condition: (follower: Follower) => boolean) =>
    until(() => followers.every(condition), patience)
  await all(({ opened }) => opened.length === 1)
  const load = await startLoad(server.origin, ['mina', 'joon'], { recipient: () => 'all', pause: () => 10 })
  await all(({ received }) => received.length >= 20)

  const left = performance.now()
  expect(await server.process.kill('SIGTERM')).toEqual({ code: 0, signal: null })
  const gone = performance.now()
  await server.restart()
  const back = performance.now()
  await all(({ opened }) => opened.length >= 2)
  const before = load.acknowledged.length
  await until(() => load.acknowledged.length >= before + 20, patience)
  await load.stop()

  const ledger = readLedger(server.databaseFile)
  const stored = ledger.of('mina')
  await all(({ received }) => received.length >= stored.length).catch(() => {})
  const seconds = perSecond(followers.map(({ opened }) => opened[1]! - left))
  const { lost, repeated } = compare(
    ledger,
    followers.map(({ received }) => ({ user: 'mina', ids: received })),
  )
  console.info(
    `${stored.length} notifications, ${load.acknowledged.length} acknowledged; down from ${Math.round(gone - left)} to ${Math.round(back - left)} ms; ` +
      `back per second: ${seconds.join(' ')}; ${lost} lost, ${repeated} repeated`,
  )

  expect(load.acknowledged.filter((id) => !stored.includes(id))).toEqual([])
  for (const { received, faults } of followers) {
    expect(faults).toEqual([])
    expect(received).toEqual(stored)
  }
  // They are spread over seven seconds: `hub.close` tells each to come back in 1 to 5, and the client adds up to the `retry` of its stream, at
  // most 3. A busy machine may delay those of a few seconds, but without a spread all would come in one.
  expect(Math.max(...seconds)).toBeLessThanOrEqual((2 * streams) / 3)
}, 180_000)

/** How many came in each second, from the first that anybody came in to the last. */
function perSecond(times: readonly number[]): number[] {
  const seconds = times.map((time) => Math.floor(time / 1000))
  const first = Math.min(...seconds)
  const counts = new Array<number>(Math.max(...seconds) - first + 1).fill(0)
  for (const second of seconds) counts[second - first]!++
  return counts
}
