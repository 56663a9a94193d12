import type { SseChannels, SseClient, SseState } from '../../src/index.ts'

/** What these tests use of the pages of Playwright and Puppeteer. */
export interface Page {
  goto(url: string): Promise<unknown>
  evaluate<T>(run: () => T | Promise<T>): Promise<T>
  evaluate<T, A>(run: (argument: A) => T | Promise<T>, argument: A): Promise<T>
  waitForFunction(condition: () => boolean): Promise<unknown>
  close(): Promise<void>
}

/** One person's browser. Its tabs are pages of one origin that can share. */
export interface Person<P extends Page = Page> {
  newPage(): Promise<P>
  close(): Promise<void>
}

/** What a tab's page has received. */
export interface TabAccount {
  readonly ticks: readonly number[]
  readonly gaps: number
  readonly state: SseState
  readonly channels: SseChannels
}

/** What a tab requests. */
export interface TabRequest {
  readonly channel: string
  /** The position of the snapshot that it shows. Undefined: only new events. */
  readonly cursor: string | undefined
}

/** A page with a client that shares. */
export interface Tab<P extends Page = Page> {
  readonly page: P
  readonly channel: string
  /** The newest event in its first snapshot. */
  readonly snapshot: number | undefined
  readonly account: () => Promise<TabAccount>
  /** Whether it holds the leader's lock. */
  readonly leads: () => Promise<boolean>
}

/** What the page's script keeps for the test. */
interface TabWindow {
  createSseClient: typeof import('../../src/index.ts').createSseClient
  client: SseClient
  told: { ticks: number[]; gaps: number }
}

export async function openTab<P extends Page>(
  person: Person<P>,
  origin: string,
  takeSnapshot: () => TabRequest & Pick<Tab, 'snapshot'>,
): Promise<Tab<P>> {
  const page = await person.newPage()
  await page.goto(origin)
  await page.waitForFunction(() => 'createSseClient' in window)
  const { snapshot, ...request } = takeSnapshot()
  await page.evaluate(({ channel, cursor: lastEventId }: TabRequest) => {
    const own = window as unknown as TabWindow
    const told: TabWindow['told'] = { ticks: [], gaps: 0 }
    const share = { key: 'ada' }
    const client = own.createSseClient('/events', { share, channels: [channel], lastEventId })
    client.on('tick', (tick) => told.ticks.push(Number(tick)))
    client.on('sse.gap', () => {
      told.gaps += 1
    })
    client.connect()
    Object.assign(own, { client, told })
  }, request)
  return {
    page,
    channel: request.channel,
    snapshot,
    leads: () => page.evaluate(holdsLead),
    account: () =>
      page.evaluate(() => {
        const { client, told } = window as unknown as TabWindow
        return { ...told, state: client.state, channels: client.channels }
      }),
  }
}

/** The browser names the holder of a lock by a client id. The page takes a lock of its own to find its id. */
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

export async function leaderOf<P extends Page>(tabs: readonly Tab<P>[]): Promise<Tab<P> | undefined> {
  for (const tab of tabs) if (await tab.leads()) return tab
  return undefined
}
