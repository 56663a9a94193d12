import { launchChromium, until } from '@sse/testbed'
import { expect, onTestFinished, test } from 'vitest'
import { runExample } from '../test/example.ts'

test('a page has every price at once, and a slow one is told only the newest', async () => {
  const { origin } = await runExample('prices')
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  await page.goto(origin)
  await page.locator('li').nth(7).waitFor()
  const numberIn = async (id: string) => Number(await page.locator(id).textContent())
  await until(async () => (await numberIn('#received')) > 20)
  expect(await page.locator('li').count()).toBe(8)
  await page.getByRole('button').click()
  await until(async () => (await numberIn('#skipped')) > 0, { timeout: 30_000 })
})
