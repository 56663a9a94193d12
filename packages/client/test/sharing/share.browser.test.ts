import { type TestBrowser, until, withChromium } from '@sse/testbed'
import { expect, test } from 'vitest'
import { patience, startSharing } from './sharing.ts'
import { describeSharing } from './sharing-suite.ts'
import { leaderOf } from './tab.ts'

type Page = Awaited<ReturnType<TestBrowser['newPage']>>

const browser = withChromium()
/** Tabs of one site may share a renderer, and end with it. */
const crashed = new WeakSet<Page>()

async function open() {
  const context = await browser.newContext()
  context.on('page', (page) => page.on('crash', () => crashed.add(page)))
  return context
}

const devtools = (page: Page) => page.context().newCDPSession(page)

describeSharing<Page>({
  open,
  isGone: (page) => crashed.has(page),
  faults: {
    async 'is closed'(page) {
      await page.close()
      return 'gone'
    },
    async crashes(page) {
      const ended = page.waitForEvent('crash')
      const session = await devtools(page)
      session.send('Page.crash').catch(() => {})
      await ended
      return 'gone'
    },
    async 'is frozen'(page) {
      const session = await devtools(page)
      await session.send('Page.setWebLifecycleState', { state: 'frozen' })
      return () => session.send('Page.setWebLifecycleState', { state: 'active' })
    },
  },
})

test('a leader that hangs is deposed, and follows when it is back', {
  timeout: 120_000,
}, async () => {
  const sharing = await startSharing(await open())
  const tabs = await sharing.openTabs(4)
  const stop = sharing.stream()
  const leader = await until(() => leaderOf(tabs), patience)
  const others = tabs.filter((tab) => tab !== leader)
  // A page that waits for an answer does nothing else.
  const hang = leader.page.evaluate(() => {
    const request = new XMLHttpRequest()
    request.open('GET', '/hang', false)
    request.send()
  })
  await until(() => leaderOf(others), patience)
  await sharing.expectNothingLost(others)
  sharing.endHang()
  await hang
  await sharing.oneConnection()
  await sharing.expectNothingLost(tabs)
  stop()
  await sharing.expectNothingLost(tabs)
  expect(await leader.leads()).toBe(false)
})
