import { until, withChromium } from '@sse/testbed'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { runExample } from '../test/example.ts'

const browser = withChromium()

async function open(interval: string) {
  const { origin } = await runExample('run', { INTERVAL: interval })
  const page = await browser.newPage()
  await page.goto(origin)
  await page.getByRole('button', { name: 'Start' }).click()
  await page.locator('#progress', { hasText: '3' }).waitFor()
  return page
}

const progressOf = (page: Page) => page.locator('#progress').textContent()
const whole = Array.from({ length: 50 }, (_, step) => `${step + 1} `).join('')

test('two tabs and a reload in the middle show the whole run, each part once', async () => {
  const page = await open('30')
  const other = await browser.newPage()
  await other.goto(page.url())
  await page.reload()
  for (const tab of [page, other]) {
    await tab.locator('#state', { hasText: 'finished' }).waitFor()
    expect(await progressOf(tab)).toBe(whole)
  }
  // Also when it is over.
  await page.reload()
  await until(async () => (await progressOf(page)) === whole)
})

test('a run goes on when its readers leave, and stops when it is told to', async () => {
  const page = await open('100')
  const url = page.url()
  await page.close()
  const again = await browser.newPage()
  await again.goto(url)
  await again.locator('#progress', { hasText: '5' }).waitFor()
  await again.getByRole('button', { name: 'Stop' }).click()
  await again.locator('#state', { hasText: 'aborted' }).waitFor()
  expect(whole.startsWith((await progressOf(again)) ?? '?')).toBe(true)
})
