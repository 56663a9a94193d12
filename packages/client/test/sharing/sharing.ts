import { until } from '@sse/testbed'
import { type SseServer, startSseServer } from '@sse/testbed/sse-server'
import { expect, onTestFinished } from 'vitest'
import { pageFile } from '../page.ts'
import { openTab, type Page, type Person, type Tab } from './tab.ts'

/** Milliseconds between two events: the long form has more of them at the moment of a fault. */
const PACE = process.env['SSE_FAULTS'] ? 5 : 20

/** Every tab requests one of so many channels. The app adds one more to all of them. */
const TOPICS = 8

/** The channel of an event: every third is for all tabs, and some are for none. */
const channelOf = (number: number): string => (number % 3 === 0 ? 'news' : `topic:${number % (TOPICS + 2)}`)

/** How long a browser may take on a slow machine. Nothing is asserted about it. */
export const patience = { timeout: 30_000 }

/** A real server with pages, and one person's tabs on it. */
export interface Sharing<P extends Page> {
  readonly server: SseServer
  readonly origin: string
  /** Events so far. */
  readonly published: number
  /** Publishes events with increasing numbers until the returned function is called. */
  stream(): () => void
  /** Opens so many more tabs, and waits until all are open. */
  openTabs(count: number): Promise<Tab<P>[]>
  /** Answers the request `/hang`, which waits until then. */
  endHang(): void
  /** Waits until there is exactly one connection. */
  oneConnection(): Promise<unknown>
  /** Waits until every tab has the newest event on its channels. It must have received every one before it, once, and nothing else. */
  expectNothingLost(tabs: readonly Pick<Tab, 'account' | 'channel' | 'snapshot'>[]): Promise<void>
}

export async function startSharing<P extends Page>(person: Person<P>): Promise<Sharing<P>> {
  const hanging: { end(): unknown }[] = []
  const server = await startSseServer({
    before(request, response, next) {
      const file = pageFile(request.path)
      if (request.path === '/hang') hanging.push(response)
      else if (file) response.type(file.type).send(file.text)
      else next()
    },
  })
  const origin = `http://127.0.0.1:${server.port}/`
  onTestFinished(() => person.close())
  let published = 0
  let opened = 0
  /** The newest event in the log. */
  let newest: { readonly cursor: string; readonly snapshot: number } | undefined
  async function publish(): Promise<void> {
    const number = ++published
    const { id } = await server.hub.publish(channelOf(number), number, { event: 'tick' })
    newest = { cursor: id, snapshot: number }
  }
  return {
    server,
    origin,
    get published() {
      return published
    },
    stream() {
      const timer = setInterval(() => {
        void publish()
      }, PACE)
      onTestFinished(() => clearInterval(timer))
      return () => clearInterval(timer)
    },
    async openTabs(count) {
      const open = () => {
        const index = opened++
        return openTab(person, origin, () => {
          const channel = `topic:${index % TOPICS}`
          // Half of the tabs show a snapshot.
          const { cursor, snapshot } = (index % 2 && newest) || { cursor: undefined, snapshot: undefined }
          return { channel, cursor, snapshot }
        })
      }
      // The first one leads if no tab did.
      const tabs = [await open(), ...(await Promise.all(Array.from({ length: count - 1 }, open)))]
      for (const tab of tabs) await until(async () => (await tab.account()).state.status === 'open', patience)
      return tabs
    },
    endHang() {
      for (const response of hanging) response.end()
    },
    oneConnection: () => until(() => server.hub.streams.size === 1, patience),
    async expectNothingLost(tabs) {
      const upTo = published
      for (const { account, channel, snapshot } of tabs) {
        const isDue = (number: number) => ['news', channel].includes(channelOf(number))
        const due = (from: number, to: number) =>
          Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index + 1).filter(isDue)
        await until(async () => {
          const newest = (await account()).ticks.at(-1)
          return newest !== undefined && due(newest, upTo).length === 0
        }, patience)
        const { ticks, gaps, channels } = await account()
        // Without a snapshot the channels of a tab begin one after the other.
        const begin = (of: string) =>
          snapshot ?? (ticks.find((tick) => channelOf(tick) === of) ?? Infinity) - 1
        const all = due(0, ticks.at(-1)!).filter((number) => number > begin(channelOf(number)))
        expect(ticks).toEqual(all)
        expect(gaps).toBe(0)
        expect(channels).toEqual({ channels: ['news', channel], refused: [] })
      }
    },
  }
}
