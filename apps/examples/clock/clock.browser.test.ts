import { withChromium } from '@sse/testbed'
import { expect, test } from 'vitest'
import { runExample } from '../test/example.ts'

const browser = withChromium()

async function newPage() {
  const page = await browser.newPage()
  return page
}

test('a page of one origin shows the times that another origin sends', async () => {
  const { origin } = await runExample('clock', { INTERVAL: '50' })
  const page = await newPage()
  const asked = page.waitForRequest(/\/events$/)
  await page.goto(origin)
  expect(new URL((await asked).url()).origin).not.toBe(new URL(page.url()).origin)

  await page.locator('li').nth(2).waitFor()
  const times = await page
    .locator('li')
    .evaluateAll((items) => items.map((item) => item.getAttribute('title') ?? ''))
  expect(times.map((time) => new Date(time).toISOString())).toEqual(times)
  expect(times.toSorted()).toEqual(times)
  expect(new Set(times).size).toBe(times.length)
})

test('what has no CORS header cannot be read by the page of another origin', async () => {
  const { origin } = await runExample('clock')
  const page = await newPage()
  await page.goto(origin)
  const outcome = (url: string) =>
    page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const source = new EventSource(url)
          source.onmessage = () => resolve('read')
          source.onerror = () => resolve(source.readyState === EventSource.CLOSED ? 'refused' : 'broken')
        }),
      url,
    )
  const { port } = new URL(origin)
  expect(await outcome(`http://127.0.0.1:${port}/private/events`)).toBe('refused')
  expect(await outcome(`http://127.0.0.1:${port}/events`)).toBe('read')
  expect(await outcome(`${origin}/private/events`)).toBe('read')
})
