import type { launchChromium } from '@sse/testbed'
import type { SseClient, SseState } from '../src/index.ts'

type Browser = Awaited<ReturnType<typeof launchChromium>>
export type BrowserContext = Awaited<ReturnType<Browser['newContext']>>
type Page = Awaited<ReturnType<BrowserContext['newPage']>>
type CDPSession = Awaited<ReturnType<BrowserContext['newCDPSession']>>

/** What a tab's page was told. */
export interface TabAccount {
  readonly ticks: readonly number[]
  readonly gaps: number
  readonly state: SseState
}

/** A page with a client that shares. */
export interface Tab {
  readonly page: Page
  readonly cdp: CDPSession
  readonly account: () => Promise<TabAccount>
  /** Whether it holds the lock of the leader. */
  readonly leads: () => Promise<boolean>
  crashed: boolean
}

/** What the script of the page keeps for the test. */
interface TabWindow {
  createSseClient: typeof import('../src/index.ts').createSseClient
  client: SseClient
  told: { ticks: number[]; gaps: number }
}

export async function openTab(context: BrowserContext, origin: string): Promise<Tab> {
  const page = await context.newPage()
  const tab: Tab = {
    page,
    cdp: await context.newCDPSession(page),
    crashed: false,
    leads: () => page.evaluate(holdsLead),
    account: () =>
      page.evaluate(() => {
        const { client, told } = window as unknown as TabWindow
        return { ...told, state: client.state }
      }),
  }
  page.on('crash', () => {
    tab.crashed = true
  })
  await page.goto(origin)
  await page.waitForFunction(() => 'createSseClient' in window)
  await page.evaluate(() => {
    const own = window as unknown as TabWindow
    const told: TabWindow['told'] = { ticks: [], gaps: 0 }
    const client = own.createSseClient('/events', { share: { key: 'ada' } })
    client.on('tick', (tick) => told.ticks.push(Number(tick)))
    client.on('sse.gap', () => {
      told.gaps += 1
    })
    client.connect()
    Object.assign(own, { client, told })
  })
  return tab
}

/** Locks are held by clients: the page takes one of its own to see who it is. */
async function holdsLead(): Promise<boolean> {
  const probe = crypto.randomUUID()
  return navigator.locks.request(probe, async () => {
    const { held = [] } = await navigator.locks.query()
    const own = held.find(({ name }) => name === probe)?.clientId
    return held.some(
      ({ name, clientId }) => clientId === own && name?.startsWith('["sse"') && name.endsWith(']'),
    )
  })
}

export async function leaderOf(tabs: readonly Tab[]): Promise<Tab | undefined> {
  for (const tab of tabs) if (await tab.leads()) return tab
  return undefined
}
