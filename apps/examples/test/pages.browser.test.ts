import { until, withChromium } from '@sse/testbed'
import { expect, test } from 'vitest'
import { runExample } from './example.ts'

const browser = withChromium()

/** A page, and what it complains of. */
async function open(name: string, env: Readonly<Record<string, string>> = {}) {
  const { origin } = await runExample(name, env)
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  await page.goto(origin)
  return { page, complaints, items: () => page.locator('li').allTextContents() }
}

test.each(['polling', 'long-polling', 'websocket'])(
  'the page of %s shows every notification once',
  async (name) => {
    const { complaints, items } = await open(name, { INTERVAL: '200' })
    await until(async () => (await items()).length >= 3)
    const numbers = (await items()).map((text): number => JSON.parse(text).number)
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index))
    expect(complaints).toEqual([])
  },
)

test('the page of websocket speaks on the connection it listens on', async () => {
  const { page, items } = await open('websocket', { INTERVAL: '200' })
  await until(async () => (await items()).length > 0)
  await page.getByRole('button').click()
  await until(async () => (await items()).some((text) => /^somebody has read as far as \d+$/.test(text)))
})

test('the page of emitters shows the greeting, the twenty values as they come, and news', async () => {
  const { page, complaints } = await open('emitters', { INTERVAL: '50' })
  await page.getByText('connected!').waitFor()
  await page.locator('#values', { hasText: /^1 2 3 / }).waitFor()
  await page.getByRole('button').click()
  await page.locator('#news', { hasText: 'sent at' }).waitFor()
  await page.getByText('complete', { exact: true }).waitFor()
  const values = (await page.locator('#values').textContent())?.trim().split(' ').map(Number)
  expect(values).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  expect(complaints).toEqual([])
})

test.each([
  ['notifications', 'open'],
  ['event-pool', 'The pool is open'],
  ['clock', 'M'], // of AM or PM: Chromium here speaks English
  ['token-auth', 'open'],
  ['llm-stream', 'Ask'],
  ['prices', 'live'],
  ['who-is-here', '1 here'],
  ['run', 'No run'],
])('the page of %s has nothing to complain of', async (name, text) => {
  const { page, complaints } = await open(name, { INTERVAL: '50' })
  await page.getByText(text).first().waitFor()
  expect(complaints).toEqual([])
})
