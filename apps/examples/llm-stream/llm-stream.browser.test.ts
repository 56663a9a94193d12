import { launchChromium, until } from '@sse/testbed'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { runExample } from '../test/example.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

async function ask(origin: string, prompt: string): Promise<Page> {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  await page.goto(origin)
  await page.getByLabel('Prompt').fill(prompt)
  await page.getByRole('button', { name: 'Ask' }).click()
  return page
}

test('the page shows the whole text, spaces and line breaks included, and asks once', async () => {
  const { origin, process } = await runExample('llm-stream', { INTERVAL: '1' })
  const page = await ask(origin, 'is it  true?')
  await page.locator('#state', { hasText: 'complete' }).waitFor()
  const text = await page.locator('#answer').textContent()
  expect(text).toBe(`You said:\n“is it  true?”. ${'I will say more about it. '.repeat(20)}`)
  await until(() => process.output.includes('complete after'))
  expect(process.output.match(/after \d+ tokens/g)).toHaveLength(1)
})

test.each([
  ['stops it', (page: Page) => page.getByRole('button', { name: 'Stop' }).click()],
  ['leaves the page', (page: Page) => page.goto('about:blank')],
])('the model stops when the reader %s', async (_, leave) => {
  // The whole answer takes longer than the reader, on a busy machine too.
  const { origin, process } = await runExample('llm-stream', { INTERVAL: '300' })
  const page = await ask(origin, 'go on')
  await page.locator('#answer', { hasText: 'You said' }).waitFor()
  await leave(page)
  await until(() => process.output.includes('cancelled after'))
  expect(process.output).not.toContain('complete')
})
