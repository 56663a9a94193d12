import { type TestBrowser, until, withChromium } from '@sse/testbed'
import { startSseServer } from '@sse/testbed/sse-server'
import { expect, test } from 'vitest'
import type { createSseClient, SseClient } from '../src/index.ts'
import { pageFile } from './page.ts'

type Page = Awaited<ReturnType<TestBrowser['newPage']>>

const browser = withChromium()

/** What a tab shows, and how many events it was told. */
interface Shown {
  readonly records: Record<string, number>
  readonly members: readonly unknown[]
  readonly told: number
}

interface TabWindow {
  createSseClient: typeof createSseClient
  client: SseClient
  shown: { -readonly [Name in keyof Shown]: Shown[Name] }
}

async function site() {
  const user = (url: string) => new URL(url, 'http://a').searchParams.get('user') ?? undefined
  const free = Promise.withResolvers<void>()
  const server = await startSseServer({
    hub: {
      window: { bytes: 64 * 1024 * 1024 },
      channel: (name) => ({ records: name === 'topic:prices', presence: name === 'topic:room' }),
    },
    channels: [],
    sse: { key: (req) => user(req.url), presence: (req) => user(req.url) },
    before(request, response, next) {
      const file = pageFile(request.path)
      if (file) response.type(file.type).send(file.text)
      else if (request.path === '/busy') void free.promise.then(() => response.end())
      else next()
    },
  })

  async function openTab(context: { newPage(): Promise<Page> }, name: string, share: boolean): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${server.port}/`)
    await page.waitForFunction(() => 'createSseClient' in window)
    await page.evaluate(
      ({ name, share }) => {
        const own = window as unknown as TabWindow
        const shown: TabWindow['shown'] = { records: {}, members: [], told: 0 }
        const channels = ['topic:prices', 'topic:room']
        const client = own.createSseClient(`/events?user=${name}`, { channels, share })
        client.onRecords<{ price: number }>('topic:prices', ({ records }) => {
          shown.records = Object.fromEntries([...records].map(([record, { price }]) => [record, price]))
        })
        client.onPresence('topic:room', ({ members }) => {
          shown.members = (members ?? []).map(({ info }) => info).sort()
        })
        client.on('price', () => {
          shown.told++
        })
        client.connect()
        Object.assign(own, { client, shown })
      },
      { name, share },
    )
    return page
  }
  const set = (record: string, price: number, padding = '') =>
    server.hub.publish('topic:prices', { price, padding }, { event: 'price', record })
  return { server, openTab, set, free }
}

const shownIn = (page: Page): Promise<Shown> =>
  page.evaluate(() => ({ ...(window as unknown as TabWindow).shown }))

async function newContext() {
  const context = await browser.newContext()
  return context
}

test('a tab that was busy is told only the newest of what it missed, and shows all of it', async () => {
  const { openTab, set, free } = await site()
  await set('record 0', -1)
  const page = await openTab(await newContext(), 'mina', false)
  await until(async () => (await shownIn(page)).records['record 0'] === -1)
  // A synchronous request: the page does nothing until it is answered.
  const busy = page.evaluate(() => {
    const request = new XMLHttpRequest()
    request.open('GET', '/busy', false)
    request.send()
  })
  const updates = 4000
  const padding = 'x'.repeat(4000)
  for (let n = 0; n < updates; n++) await set(`record ${n % 20}`, n, padding)
  free.resolve()
  await busy
  const newest = Array.from({ length: 20 }, (_, n) => [`record ${n}`, updates - 20 + n])
  await until(async () => {
    const { records } = await shownIn(page)
    return newest.every(([record, price]) => records[record as string] === price)
  })
  const { told } = await shownIn(page)
  expect(told).toBeLessThan(updates)
  console.info(`The tab was told ${told} of ${updates} updates`)
})

test('two tabs that share are each given the records and members, and a person is a member once', async () => {
  const { server, openTab, set } = await site()
  await set('a', 1)
  const [mina, joon] = [await newContext(), await newContext()]
  const first = await openTab(mina, 'mina', true)
  await until(async () => (await shownIn(first)).records['a'] === 1)
  const second = await openTab(mina, 'mina', true)
  const other = await openTab(joon, 'joon', false)
  await set('b', 2)
  for (const page of [first, second, other])
    await until(async () =>
      JSON.stringify(await shownIn(page)).includes('"records":{"a":1,"b":2},"members":["joon","mina"]'),
    )
  expect(server.hub.streams.size).toBe(2)
  // The tab that leads ends, and the other one goes on.
  await first.close()
  await server.hub.remove('topic:prices', 'a')
  await until(async () => JSON.stringify((await shownIn(second)).records) === '{"b":2}')
  await joon.close()
  await until(async () => JSON.stringify((await shownIn(second)).members) === '["mina"]', { timeout: 20_000 })
})
