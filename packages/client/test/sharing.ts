import { until } from '@sse/testbed'
import { type SseServer, startSseServer } from '@sse/testbed/sse-server'
import { expect, onTestFinished } from 'vitest'
import { pageFile } from './page.ts'
import { openTab, type Page, type Person, type Tab } from './tab.ts'

/** Milliseconds between two events. */
const PACE = 5

/** How long a browser may take on a slow machine; nothing is asserted about it. */
export const patience = { timeout: 30_000 }

/** A real server with pages, and one person's tabs on it. */
export interface Sharing<P extends Page> {
  readonly server: SseServer
  readonly origin: string
  /** Events so far. */
  readonly published: number
  /** Events one after the other, each with the next number, until the function returned is called. */
  stream(): () => void
  /** So many more tabs, all open. */
  openTabs(count: number): Promise<Tab<P>[]>
  /** There is exactly one connection, once a hand-over has settled. */
  oneConnection(): Promise<unknown>
  /** Every tab has come to the newest event, and has been told every one before it, once. */
  expectNothingLost(tabs: readonly Pick<Tab, 'account'>[]): Promise<void>
}

export async function startSharing<P extends Page>(person: Person<P>): Promise<Sharing<P>> {
  const server = await startSseServer({
    before(request, response, next) {
      const file = pageFile(request.path)
      if (file) response.type(file.type).send(file.text)
      else next()
    },
  })
  const origin = `http://127.0.0.1:${server.port}/`
  onTestFinished(() => person.close())
  let published = 0
  return {
    server,
    origin,
    get published() {
      return published
    },
    stream() {
      const timer = setInterval(() => {
        published += 1
        server.hub.publish('news', published, { event: 'tick' })
      }, PACE)
      onTestFinished(() => clearInterval(timer))
      return () => clearInterval(timer)
    },
    async openTabs(count) {
      const open = () => openTab(person, origin)
      // The first one leads if there was none.
      const tabs = [await open(), ...(await Promise.all(Array.from({ length: count - 1 }, open)))]
      for (const tab of tabs) await until(async () => (await tab.account()).state.status === 'open', patience)
      return tabs
    },
    oneConnection: () => until(() => server.hub.streams.size === 1, patience),
    async expectNothingLost(tabs) {
      const last = published
      for (const tab of tabs) {
        await until(async () => (await tab.account()).ticks.at(-1)! >= last, patience)
        const { ticks, gaps } = await tab.account()
        const first = ticks[0] ?? 0
        expect(ticks).toEqual(Array.from({ length: ticks.length }, (_, index) => first + index))
        expect(gaps).toBe(0)
      }
    },
  }
}
