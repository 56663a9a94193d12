import { until } from '@sse/testbed'
import { expect, test } from 'vitest'
import { patience, startSharing } from './sharing.ts'
import { leaderOf, type Page, type Person, type Tab } from './tab.ts'

/**
 * How often a leader ends. `pnpm --filter @sse/client test:faults` runs the long form. In the short form the first fault strikes three times, and
 * each other one once: what the other tabs do is the same.
 */
const killsOf = (index: number) => (process.env['SSE_FAULTS'] ? 20 : index === 0 ? 3 : 1)
/** Of them one leads, so three contend for its place. */
const tabCount = process.env['SSE_FAULTS'] ? 8 : 4

/** What happens to the page that leads. Either it is gone, or a function brings it back. */
export type Fault<P extends Page> = (page: P) => Promise<'gone' | (() => Promise<unknown>)>

export interface SharingSuite<P extends Page> {
  /** Opens a browser without tabs. */
  open(): Promise<Person<P>>
  /** What may happen to the tab that leads, by description. */
  readonly faults: Readonly<Record<string, Fault<P>>>
  /** Whether a page has ended together with the intended one. Default: none has. */
  isGone?(page: P): boolean
}

/** The tests for the tabs of every browser. */
export function describeSharing<P extends Page>({ open, faults, isGone }: SharingSuite<P>): void {
  test('eight tabs have one connection, and each is told all of its channels, and nothing else', async () => {
    const sharing = await startSharing(await open())
    const tabs = await sharing.openTabs(8)
    const stop = sharing.stream()
    await until(() => sharing.published > 100)
    stop()
    await sharing.expectNothingLost(tabs)
    await sharing.oneConnection()
    for (const tab of tabs) expect((await tab.account()).state.status).toBe('open')
  })

  test.each(Object.entries(faults).map(([name, fault], index) => ({ name, fault, kills: killsOf(index) })))(
    'the tab that leads $name, $kills times, at any moment: no tab misses or repeats an event',
    { timeout: 60_000 + killsOf(0) * 15_000 },
    async ({ fault, kills }) => {
      const sharing = await startSharing(await open())
      let tabs: Tab<P>[] = await sharing.openTabs(tabCount)
      const stop = sharing.stream()
      for (let kill = 0; kill < kills; kill += 1) {
        const leader = await until(() => leaderOf(tabs), patience)
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 300))
        const outcome = await fault(leader.page)
        const others = tabs.filter((tab) => tab !== leader && !isGone?.(tab.page))
        await sharing.oneConnection()
        await sharing.expectNothingLost(others)
        if (outcome === 'gone') tabs = others
        else await outcome()
        while (tabs.length < tabCount) tabs.push(...(await sharing.openTabs(1)))
        await sharing.expectNothingLost(tabs)
        await sharing.oneConnection()
      }
      stop()
      await sharing.expectNothingLost(tabs)
      console.info(`${kills} times: ${sharing.published} events published, none missed or repeated`)
    },
  )
}
