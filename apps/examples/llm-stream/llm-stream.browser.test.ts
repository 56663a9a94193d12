import { until, withChromium } from '@sse/testbed'
import type { BrowserContext, Page } from 'playwright-core'
import { beforeEach, expect, test } from 'vitest'
import { runExample } from '../test/example.ts'
import { answerTo } from './model.ts'

const browser = withChromium()
/** The user of a test, with all tabs. */
let user: BrowserContext
beforeEach(async () => {
  user = await browser.newContext({ viewport: { width: 390, height: 800 } })
})

async function open(address: string): Promise<Page> {
  const page = await user.newPage()
  await page.goto(address)
  return page
}

/** Asks, and waits for the beginning of the answer. */
async function ask(origin: string, prompt: string, format = 'text'): Promise<Page> {
  const page = await open(origin)
  await page.getByLabel('Prompt').fill(prompt)
  await page.getByLabel('Format').selectOption(format)
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.locator('#answer', { hasText: 'You asked' }).waitFor()
  return page
}

const answerOf = (page: Page) => page.locator('#answer').textContent()

test.each(['text', 'messages of the AI SDKs'])(
  'as %s, two tabs and a reload in the middle show the whole answer, each token once',
  async (format) => {
    const { origin, process } = await runExample('llm-stream', { INTERVAL: '10' })
    const page = await ask(origin, 'is it  true?', format)
    const other = await open(page.url())
    await page.reload()
    for (const tab of [page, other]) {
      await tab.locator('#state', { hasText: 'complete' }).waitFor()
      expect(await answerOf(tab)).toBe(answerTo('is it  true?'))
      // No line is longer than the page.
      expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
    }
    expect(process.output.match(/complete after \d+ tokens/g)).toHaveLength(1)
  },
)

test('the answer goes on when its reader leaves, and the model stops when somebody stops it', async () => {
  // The whole answer takes longer than the test, on a busy machine too.
  const { origin, process } = await runExample('llm-stream', { INTERVAL: '300' })
  const page = await ask(origin, 'go on')
  const address = page.url()
  await page.goto('about:blank')
  const again = await open(address)
  await again.locator('#answer', { hasText: 'model' }).waitFor()
  const place = `${origin}/${new URL(address).hash.slice(1)}`
  expect((await fetch(`${place}/events`)).status, 'somebody else reads').toBe(404)
  expect((await fetch(place, { method: 'DELETE' })).status, 'somebody else stops').toBe(404)
  expect(process.output).not.toContain('stopped')
  await again.getByRole('button', { name: 'Stop' }).click()
  await again.locator('#state', { hasText: 'stopped' }).waitFor()
  await until(() => process.output.includes('stopped after'))
  expect(process.output).not.toContain('complete')
  expect(answerTo('go on').startsWith((await answerOf(again)) ?? '?')).toBe(true)
})
