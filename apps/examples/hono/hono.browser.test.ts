import { withChromium } from '@sse/testbed'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { runExample } from '../test/example.ts'

const browser = withChromium()

async function open(origin: string): Promise<Page> {
  const page = await browser.newPage()
  const opened = page.waitForResponse(/\/events/)
  await page.goto(origin)
  await opened
  return page
}

async function send(page: Page, room: string, text: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Room' }).selectOption(room)
  await page.getByRole('textbox', { name: 'Text' }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

const shows = (page: Page, text: string) => page.getByText(text).waitFor()

test('a page gets the rooms that it asks for, and others while it is open', async () => {
  const { origin } = await runExample('hono')
  const [first, second] = [await open(origin), await open(origin)]
  await send(first, 'tea', 'Earl Grey')
  await shows(first, 'tea: Earl Grey')
  await shows(second, 'tea: Earl Grey')

  const joined = second.waitForResponse((response) => response.request().method() === 'POST')
  await second.getByLabel('Coffee').check()
  expect((await joined).status()).toBe(200)
  await send(first, 'coffee', 'Espresso')
  await shows(second, 'coffee: Espresso')
  await send(first, 'tea', 'Sencha')
  await shows(first, 'tea: Sencha')
  expect(await first.locator('li').allTextContents()).toEqual(['tea: Earl Grey', 'tea: Sencha'])
})

test('a room that there is not is refused', async () => {
  const { origin, process } = await runExample('hono')
  const answer = await fetch(`${origin}/events?channels=room:secret`, {
    headers: { Accept: 'application/json' },
  })
  expect(JSON.parse(await answer.text()).channels).toEqual({ channels: [], refused: ['room:secret'] })
  expect(await process.kill('SIGTERM')).toEqual({ code: 0, signal: null })
})
