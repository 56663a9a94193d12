import { until, withChromium } from '@sse/testbed'
import { expect, test } from 'vitest'
import { runExample } from '../test/example.ts'

const browser = withChromium()

test('a page has every price at once, and a slow one is told only the newest', async () => {
  const { origin } = await runExample('prices')
  const page = await browser.newPage()
  await page.goto(origin)
  await page.locator('li').nth(7).waitFor()
  const numberIn = async (id: string) => Number(await page.locator(id).textContent())
  await until(async () => (await numberIn('#received')) > 20)
  expect(await page.locator('li').count()).toBe(8)
  const isSkipped = async () => (await numberIn('#skipped')) > 0
  // A server on a busy machine may publish too little in these six seconds for its client to fall behind.
  await until(
    async () => {
      await page.getByRole('button').click()
      return until(isSkipped, { timeout: 15_000 }).catch(() => false)
    },
    { timeout: 90_000 },
  )
})
