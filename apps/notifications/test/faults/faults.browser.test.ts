import { until } from '@sse/testbed'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { people, topics } from '../../server/directory.ts'
import { shown, withPeople } from '../page/people.ts'
import { signIn, startServer } from '../start-server.ts'
import { killServer, lineFaults, strikeFor } from './faults.ts'
import { follow } from './followers.ts'
import { compare, listAll, type Reader, readLedger } from './ledger.ts'
import { startLoad } from './load.ts'
import { createRandom, seed } from './random.ts'

/** Ten minutes by `pnpm --filter @sse/notifications test:faults`; else each fault once, and what follows in this time. */
const minutes = process.env['SSE_FAULTS'] === 'long' ? 10 : 0.25
const clients = 50
/** Of each user: what breaks is the line of one session. */
const sessionsPerUser = 3
/** Until the last client is back: the longest stall and the longest wait between two attempts. */
const patience = { timeout: 120_000, interval: 200 }

const browser = withPeople()

test(
  `${clients} clients and three tabs hold what is stored after ${minutes} min of random faults (SSE_SEED=${seed})`,
  async () => {
    const server = await startServer('production', { WRITES_PER_MINUTE: '100000' })
    onTestFinished(server.stop)
    const { origin, databaseFile } = server
    const sessions = await Promise.all(
      people.flatMap(({ id }) =>
        Array.from({ length: sessionsPerUser }, async () => ({ user: id, cookie: await signIn(origin, id) })),
      ),
    )
    const cookies = sessions.map(({ cookie }) => cookie)
    const followers = Array.from({ length: clients }, (_, index) => {
      const { user, cookie } = sessions[index % sessions.length]!
      // Back soon, so that more of them are there when the next fault strikes.
      return { user, ...follow(origin, cookie, { backoff: { max: 4_000 } }) }
    })
    const readers: Reader[] = followers.map(({ user, received }) => ({ user, held: () => received }))
    await until(() => followers.every(({ opened }) => opened.length === 1), patience)
    // Two of them share a connection.
    const mina = await browser.enter(origin, 'Mina Kim')
    const tabs = [
      { user: 'mina', page: mina },
      { user: 'mina', page: await browser.openTab(mina) },
      { user: 'joon', page: await browser.enter(origin, 'Joon Park') },
    ]
    const heldBy = async (user: string, page: Page) => {
      const ids = (await shown(page)).reverse()
      // A page that has had more than 2,000 lets go of the oldest, and fetches them again when somebody scrolls there.
      const letGo =
        ids.length < 1_000
          ? []
          : readLedger(databaseFile)
              .of(user)
              .filter((id) => id < ids[0]!)
      return [...letGo, ...ids]
    }
    readers.push(...tabs.map(({ user, page }) => ({ user, held: () => heldBy(user, page) })))

    const draw = createRandom(seed + 1)
    const recipients = [
      'all',
      ...people.map(({ id }) => `user:${id}`),
      ...topics.map(({ id }) => `topic:${id}`),
    ]
    const load = await startLoad(
      origin,
      people.map(({ id }) => id),
      { recipient: () => draw.pick(recipients), pause: () => draw.between(50, 400) },
    )
    const random = createRandom(seed)
    const faults = [killServer(server, random), ...lineFaults(origin, cookies, random)]
    const struck = await strikeFor(minutes * 60_000, faults, random)
    await load.stop()

    const ledger = readLedger(databaseFile)
    const held = () =>
      Promise.all(readers.map(async (reader) => ({ user: reader.user, ids: await reader.held() })))
    const isComplete = async () => compare(ledger, await held()).lost === 0
    await until(isComplete, patience).catch(() => {})
    const end = await held()
    const { lost, repeated } = compare(ledger, end)
    const reconnects = followers.reduce((sum, { opened }) => sum + opened.length - 1, 0)
    console.info(
      `${JSON.stringify(struck)}, ${reconnects} reconnects of clients, ${ledger.size} notifications, ${end.reduce((sum, { ids }) => sum + ids.length, 0)} deliveries; ` +
        `${lost} lost, ${repeated} repeated (SSE_SEED=${seed})`,
    )

    // What was acknowledged is stored, once each, and nothing else is.
    expect([...load.acknowledged].sort((a, b) => a - b)).toEqual(
      Array.from({ length: ledger.size }, (_, i) => i + 1),
    )
    for (const { user, cookie } of sessions) expect(await listAll(origin, cookie)).toEqual(ledger.of(user))
    for (const { faults } of followers) expect(faults).toEqual([])
    for (const { user, ids } of end) expect(ids).toEqual(ledger.of(user))
    expect(browser.complaints).toEqual([])
  },
  minutes * 60_000 + 180_000,
)
