import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '@sse/testbed'
import { expect, onTestFinished, test } from 'vitest'
import { people } from '../server/directory.ts'
import { type Follower, follow } from './followers.ts'
import { signIn, startSender, startServer } from './start-server.ts'

const streams = 100
/**
 * Seconds over which they are spread: `hub.close` tells each to come back in 1 to 5, and the client adds up to the `retry` of its stream, at
 * most 3. Those for whom the server is not there yet come later.
 */
const jitter = 7
/** How long all may take, in ms, on a slow machine. */
const patience = { timeout: 60_000 }

test(`a deploy under load: ${streams} streams come back one by one, with nothing lost and nothing repeated`, async () => {
  const server = await startServer('development')
  onTestFinished(server.stop)
  const cookies = await Promise.all(people.map(({ id }) => signIn(server.origin, id)))
  const followers = Array.from({ length: streams }, (_, index) =>
    follow(server.origin, cookies[index % cookies.length]!),
  )
  const all = (condition: (follower: Follower) => boolean) =>
    until(() => followers.every(condition), patience)
  await all(({ opened }) => opened.length === 1)
  const load = await startLoad(server.origin)
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

  const stored = storedIds(server.databaseFile)
  await all(({ received }) => received.length >= stored.length).catch(() => {})
  const seconds = perSecond(followers.map(({ opened }) => opened[1]! - left))
  const lost = followers.reduce((sum, { received }) => sum + missing(stored, received), 0)
  const repeated = followers.reduce((sum, { received }) => sum + repeats(received), 0)
  console.info(
    `${stored.length} notifications, ${load.acknowledged.length} acknowledged; down from ${Math.round(gone - left)} to ${Math.round(back - left)} ms; ` +
      `back per second: ${seconds.join(' ')}; ${lost} lost, ${repeated} repeated`,
  )

  expect(load.acknowledged.filter((id) => !stored.includes(id))).toEqual([])
  for (const { received, faults } of followers) {
    expect(faults).toEqual([])
    expect(received).toEqual(stored)
  }
  expect(Math.max(...seconds)).toBeLessThanOrEqual((3 * streams) / jitter)
}, 180_000)

/** Two who write to everyone one message after the other, whether the server is there or not. */
async function startLoad(origin: string) {
  const acknowledged: number[] = []
  let stopped = false
  onTestFinished(() => {
    stopped = true
  })
  const senders = await Promise.all(['mina', 'joon'].map((user) => startSender(origin, user)))
  const running = senders.map(async ({ send }) => {
    for (let number = 1; !stopped; number++) {
      try {
        acknowledged.push((await send('all', `Number ${number}`)).id)
      } catch (error) {
        if (!isAway(error)) throw error
      }
      await delay(10)
    }
  })
  const done = Promise.all(running)
  done.catch(() => {})
  return {
    acknowledged,
    async stop() {
      stopped = true
      await done
    },
  }
}

/** Nobody answers, or the server is about to go. */
function isAway(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.message.startsWith('503'))
}

function storedIds(file: string): number[] {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database.prepare('SELECT id FROM notifications ORDER BY id').all()
  database.close()
  return rows.map(({ id }) => Number(id))
}

/** How many came in each second, from the first that anybody came in to the last. */
function perSecond(times: readonly number[]): number[] {
  const seconds = times.map((time) => Math.floor(time / 1000))
  const first = Math.min(...seconds)
  const counts = new Array<number>(Math.max(...seconds) - first + 1).fill(0)
  for (const second of seconds) counts[second - first]!++
  return counts
}

function missing(stored: readonly number[], received: readonly number[]): number {
  const seen = new Set(received)
  return stored.filter((id) => !seen.has(id)).length
}

function repeats(received: readonly number[]): number {
  return received.length - new Set(received).size
}
