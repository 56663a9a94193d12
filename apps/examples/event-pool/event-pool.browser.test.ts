import { until, withChromium } from '@sse/testbed'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { runExample } from '../test/example.ts'
import { listen } from '../test/listen.ts'

const topics = ['message', 'notification', 'ping', 'sse.close']
const fast = { INTERVAL: '50' }

const browser = withChromium()

async function open(origin: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(origin)
  return page
}

const shown = (page: Page) => page.locator('li').allTextContents()
const all = [
  'message: The pool is open',
  'notification: Mina wrote to you',
  'ping: Are you there?',
  'notification: The build is\ngreen again',
  'message: The pool is empty',
]

test('the whole pool reaches the store by topic and in order, and an empty pool ends the stream for good', async () => {
  const { origin, process } = await runExample('event-pool', fast)
  const page = await open(origin)
  await page.locator('#status', { hasText: 'closed' }).waitFor()
  expect(await shown(page)).toEqual(all)
  await until(() => process.output.includes('A stream has ended (closed), 0 events are left'))
})

test('an action on a bare EventSource commits the same, and stays away when it is told to', async () => {
  const { origin, process } = await runExample('event-pool', fast)
  const page = await open(origin)
  await page.locator('#status', { hasText: 'closed' }).waitFor()
  await page.getByRole('button', { name: 'Fill the pool' }).click()
  await page.getByRole('button', { name: 'Listen by hand' }).click()
  await until(async () => (await shown(page)).length === 2 * all.length)
  await page.locator('#by-hand', { hasText: 'closed' }).waitFor()
  expect((await shown(page)).slice(all.length)).toEqual(all)
  await until(() => process.output.match(/A stream has ended/g)?.length === 2)
})

test('who leaves early takes no more than was sent: the next one gets the rest', async () => {
  // On a busy machine too, the first has left before everything is sent.
  const { origin, process } = await runExample('event-pool', { INTERVAL: '1000' })
  const first = listen(`${origin}/events`, topics)
  await until(() => first.data('notification').length === 1)
  first.source.close()
  await until(() => process.output.includes('A stream has ended (client)'))
  const left = Number(process.output.match(/(\d) events are left/)?.[1])
  expect(left).toBeGreaterThan(0)

  const second = listen(`${origin}/events`, topics)
  await until(() => second.data('sse.close').length === 1)
  const rest = second.heard.filter(({ event }) => ['message', 'notification', 'ping'].includes(event))
  expect(rest.map(({ event, data }) => `${event}: ${JSON.parse(data).text}`)).toEqual(all.slice(-left))
})

test('a button closes the stream', async () => {
  const { origin, process } = await runExample('event-pool') // as slow as it comes: nothing arrives meanwhile
  const page = await open(origin)
  await page.locator('#status', { hasText: 'open' }).waitFor()
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await until(() => process.output.includes('A stream has ended (client)'))
  await page.locator('#status', { hasText: 'closed' }).waitFor()
})
