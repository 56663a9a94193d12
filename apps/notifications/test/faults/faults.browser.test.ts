import { until } from '@sse/testbed'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { people, topics } from '../../server/directory.ts'
import { lookDown, shown, shownOnline, shownUnread, withPeople } from '../page/people.ts'
import { signIn, startServer } from '../start-server.ts'
import { killServer, lineFaults, loseAnswer, strikeFor } from './faults.ts'
import { type Follower, follow } from './followers.ts'
import { compare, expectedOf, type Listed, listAll, type Reader, readLedger } from './ledger.ts'
import { startLoad } from './load.ts'
import { createRandom, seed } from './random.ts'
import { startTidying } from './tidying.ts'
import { startWriting } from './writing.ts'

/** Ten minutes by `pnpm --filter @sse/notifications test:faults`; else each fault once. */
const isLong = process.env['SSE_FAULTS'] === 'long'
const minutes = isLong ? 10 : 0
const clients = isLong ? 50 : 20
/** Of each user: what breaks is the line of one session. */
const sessionsPerUser = 3
/** Until the last client is back: the longest stall and the longest wait between two attempts. */
const patience = { timeout: 120_000, interval: 200 }

// A strict store looks at the whole list after each event: for ten minutes that is too slow.
const browser = withPeople({ mode: isLong ? 'production' : 'test' })

/** Waits until two lists are the same. @throws Error with what only one of them has */
async function becomes<T>(
  what: string,
  lists: () => (readonly T[])[] | Promise<(readonly T[])[]>,
): Promise<void> {
  let differences: T[] = []
  const isSame = async () => {
    const [actual = [], expected = []] = await lists()
    const [has, wants] = [new Set(actual), new Set(expected)]
    differences = [...actual.filter((one) => !wants.has(one)), ...expected.filter((one) => !has.has(one))]
    return differences.length === 0 && actual.length === expected.length
  }
  await until(isSame, patience).catch((cause) => {
    throw new Error(`${what} differ: ${differences.join(' ') || 'repeated'}`, { cause })
  })
}

test(
  `${clients} clients and three tabs hold what is stored, archived, put back and written offline, and know who is online, after ${isLong ? `${minutes} min of random faults` : 'each fault'} (SSE_SEED=${seed})`,
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
    const heldBy = async (page: Page) => {
      await lookDown(page)
      return (await shown(page)).reverse()
    }
    readers.push(...tabs.map(({ user, page }) => ({ user, showsInbox: true, held: () => heldBy(page) })))

    const draw = createRandom(seed + 1)
    const recipients = [
      'all',
      ...people.map(({ id }) => `user:${id}`),
      ...topics.map(({ id }) => `topic:${id}`),
    ]
    const load = await startLoad(
      origin,
      people.map(({ id }) => id),
      { recipient: () => draw.pick(recipients), pause: () => draw.between(50, isLong ? 400 : 800) },
    )
    // Mina tidies up, and writes on her page: what cannot be sent at that moment waits in its outbox.
    const tidying = await startTidying(origin, 'mina', createRandom(seed + 2))
    const writing = startWriting(mina, createRandom(seed + 3))
    const random = createRandom(seed)
    const faults = [
      killServer(server, random, writing.waits),
      loseAnswer(mina),
      ...lineFaults(origin, cookies, random),
    ]
    const struck = await strikeFor(minutes * 60_000, faults, random)
    await Promise.all([load.stop(), tidying.stop(), writing.stop()])

    const ledger = readLedger(databaseFile)
    const held = () =>
      Promise.all(readers.map(async ({ held, ...reader }) => ({ ...reader, ids: await held() })))
    const isComplete = async () => {
      const { lost, extra } = compare(ledger, await held())
      return lost + extra === 0
    }
    await until(isComplete, patience).catch(() => {})
    const end = await held()
    const { lost, extra, repeated } = compare(ledger, end)
    const reconnects = followers.reduce((sum, { opened }) => sum + opened.length - 1, 0)
    console.info(
      `${JSON.stringify(struck)}, ${reconnects} reconnects of clients, ${ledger.size} notifications, ${end.reduce((sum, { ids }) => sum + ids.length, 0)} deliveries; ` +
        `${writing.titles.length} written on the page, ${tidying.placed.size} of one user archived or deleted, ${tidying.undone.size} put back; ` +
        `${lost} lost, ${extra} too many, ${repeated} repeated (SSE_SEED=${seed})`,
    )

    // What leaves the inbox is read, and what is put back is unread again. A sender has read what they have sent.
    const { cookie = '' } = sessions.find(({ user }) => user === 'mina') ?? {}
    const listed = await listAll(origin, cookie)
    const isUnread = ({ id, from }: Listed) => from !== 'mina' || tidying.undone.has(id)
    const unread = new Set(listed.filter(isUnread).map(({ id }) => id))
    for (const { user, page } of tabs) {
      if (user !== 'mina') continue
      await becomes(`the unread ones of ${user}`, async () => {
        await lookDown(page)
        const ids = await shown(page)
        return [await shownUnread(page), ids.filter((id) => unread.has(id))]
      })
    }
    // Everybody is online, and then one person leaves.
    const names = people.map(({ name }) => name).toSorted()
    const online = (of: readonly Follower[]) => [...new Set(of.map((one) => one.online().join()))]
    await becomes('those who are online', () => [online(followers), [names.join()]])
    const staying = followers.filter(({ user, leave }) => user !== 'sora' || void leave())
    const others = names.filter((name) => name !== 'Sora Lee')
    await becomes('those who have stayed', () => [online(staying), [others.join()]])
    for (const { page } of tabs) {
      await becomes('those who are shown as online', async () => [await shownOnline(page), others])
    }

    // What was acknowledged is stored, once each, and nothing else is.
    expect(new Set(load.acknowledged).size).toBe(load.acknowledged.length)
    expect(load.acknowledged.length + writing.titles.length).toBe(ledger.size)
    expect(ledger.titles('Written ')).toEqual(writing.titles)
    expect(ledger.placesOf('mina')).toEqual(tidying.placed)
    for (const { user, cookie } of sessions)
      expect((await listAll(origin, cookie)).map(({ id }) => id)).toEqual(ledger.inboxOf(user))
    expect(listed.filter(({ read }) => !read).map(({ id }) => id)).toEqual([...unread])
    for (const { faults } of followers) expect(faults).toEqual([])
    for (const reader of end) expect(reader.ids).toEqual(expectedOf(ledger, reader))
    expect(browser.complaints).toEqual([])
  },
  minutes * 60_000 + 300_000,
)
