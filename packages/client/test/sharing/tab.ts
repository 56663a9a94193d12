import type { SseChannels, SseClient, SseState } from '../../src/index.ts'

/** What a page's tests need of Playwright's and Puppeteer's pages alike. */
export interface Page {
  goto(url: string): Promise<unknown>
  evaluate<T>(run: () => T | Promise<T>): Promise<T>
  evaluate<T, A>(run: (argument: A) => T | Promise<T>, argument: A): Promise<T>
  waitForFunction(condition: () => boolean): Promise<unknown>
  close(): Promise<void>
}

/** One person's browser, whose tabs are pages of one origin that can meet. */
export interface Person<P extends Page = Page> {
  newPage(): Promise<P>
  close(): Promise<void>
}

/** What a tab's page was told. */
export interface TabAccount {
  readonly ticks: readonly number[]
  readonly gaps: number
  readonly state: SseState
  readonly channels: SseChannels
}

/** What a tab asks for. */
export interface TabWish {
  readonly channel: string
  /** The position of the snapshot that it shows. Undefined: only what is new. */
  readonly cursor: string | undefined
}

/** A page with a client that shares. */
export interface Tab<P extends Page = Page> {
  readonly page: P
  readonly channel: string
  /** The newest event in the snapshot that it began with. */
  readonly snapshot: number | undefined
  readonly account: () => Promise<TabAccount>
  /** Whether it holds the lock of the leader. */
  readonly leads: () => Promise<boolean>
}

/** What the script of the page keeps for the test. */
interface TabWindow {
  createSseClient: typeof import('../../src/index.ts').createSseClient
  client: SseClient
  told: { ticks: number[]; gaps: number }
}

export async function openTab<P extends Page>(
  person: Person<P>,
  origin: string,
  takeSnapshot: () => TabWish & Pick<Tab, 'snapshot'>,
): Promise<Tab<P>> {
  const page = await person.newPage()
  await page.goto(origin)
  await page.waitForFunction(() => 'createSseClient' in window)
  const { snapshot, ...wish } = takeSnapshot()
  await page.evaluate(({ channel, cursor: lastEventId }: TabWish) => {
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
  }, wish)
  return {
    page,
    channel: wish.channel,
    snapshot,
    leads: () => page.evaluate(holdsLead),
    account: () =>
      page.evaluate(() => {
        const { client, told } = window as unknown as TabWindow
        return { ...told, state: client.state, channels: client.channels }
      }),
  }
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

export async function leaderOf<P extends Page>(tabs: readonly Tab<P>[]): Promise<Tab<P> | undefined> {
  for (const tab of tabs) if (await tab.leads()) return tab
  return undefined
}
