import { launchChromium, until } from '@sse/testbed'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { patience, type Sharing, startSharing } from '../../test/sharing.ts'
import { leaderOf, type Tab } from '../../test/tab.ts'

const KILLS = process.env['SSE_FAULTS'] ? 20 : 3

let browser: Awaited<ReturnType<typeof launchChromium>>
let sharing: Sharing

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

beforeEach(async () => {
  sharing = await startSharing(await browser.newContext())
})

type Fault = (leader: Tab) => Promise<'gone' | (() => Promise<unknown>)>

const faults: Readonly<Record<string, Fault>> = {
  async 'is closed'({ page }) {
    await page.close()
    return 'gone'
  },
  async crashes({ cdp, page }) {
    const crashed = page.waitForEvent('crash')
    cdp.send('Page.crash').catch(() => {})
    await crashed
    return 'gone'
  },
  async 'is frozen'({ cdp }) {
    await cdp.send('Page.setWebLifecycleState', { state: 'frozen' })
    return () => cdp.send('Page.setWebLifecycleState', { state: 'active' })
  },
}

test('eight tabs have one connection, and are all told everything', async () => {
  const tabs = await sharing.openTabs(8)
  const stop = sharing.stream()
  await until(() => sharing.published > 100)
  stop()
  await sharing.expectNothingLost(tabs)
  expect(sharing.server.hub.streams.size).toBe(1)
  expect(sharing.server.requests.filter(({ url }) => url === '/events')).toHaveLength(1)
  for (const tab of tabs) expect((await tab.account()).state.status).toBe('open')
})

test.each(Object.entries(faults))(
  `the tab that leads %s, ${KILLS} times, at any moment: no tab misses or repeats an event`,
  { timeout: 60_000 + KILLS * 15_000 },
  async (_, fault) => {
    let tabs = await sharing.openTabs(8)
    const stop = sharing.stream()
    for (let kill = 0; kill < KILLS; kill += 1) {
      const leader = await until(() => leaderOf(tabs), patience)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300))
      const outcome = await fault(leader)
      // Tabs of one site may share a renderer.
      const others = tabs.filter((tab) => tab !== leader && !tab.crashed)
      await sharing.oneConnection()
      await sharing.expectNothingLost(others)
      if (outcome === 'gone') tabs = others
      else await outcome()
      while (tabs.length < 8) tabs.push(...(await sharing.openTabs(1)))
      await sharing.expectNothingLost(tabs)
      await sharing.oneConnection()
    }
    stop()
    await sharing.expectNothingLost(tabs)
  },
)

test('a leader that hangs is robbed of the lead, and follows when it is back', {
  timeout: 120_000,
}, async () => {
  const tabs = await sharing.openTabs(4)
  const stop = sharing.stream()
  const leader = await until(() => leaderOf(tabs), patience)
  const others = tabs.filter((tab) => tab !== leader)
  const hang = leader.page.evaluate(() => {
    const end = Date.now() + 12_000
    while (Date.now() < end);
  })
  await until(() => leaderOf(others), patience)
  await sharing.expectNothingLost(others)
  await hang
  await sharing.oneConnection()
  await sharing.expectNothingLost(tabs)
  stop()
  await sharing.expectNothingLost(tabs)
  expect(await leader.leads()).toBe(false)
})
