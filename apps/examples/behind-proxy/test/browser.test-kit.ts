import { until, withChromium } from '@sse/testbed'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { ProxyName } from '../proxy.ts'
import { type Change, type Front, startApp, startProxy } from './proxied.test-kit.ts'

export interface Settings {
  /** Takes HTTP/2 away. */
  readonly http1: Change
  /** What is different for all, so that the test need not wait. */
  readonly quick: readonly Change[]
  /** Takes away what keeps a browser alive while there is no app. */
  readonly strict: Change
}

/** What a browser's own EventSource makes of the proxy, and of the proxy without a setting. */
export function testInChromium(name: ProxyName, { http1, quick, strict }: Settings): void {
  const browser = withChromium()

  async function open({ origin }: Front, streams: number): Promise<Page> {
    // The certificate is made for the test: only this browser, and only now, may take it.
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const page = await context.newPage()
    await page.goto(`${origin}/?streams=${streams}`)
    return page
  }
  const count = async (page: Page, state: 'open' | 'closed') =>
    Number(await page.locator(`#${state}`).textContent())
  const news = (page: Page) => page.locator('li').count()

  test('twenty streams of a browser share a connection of HTTP/2', async () => {
    const app = await startApp()
    const page = await open(await startProxy(name, app), 20)
    await until(async () => (await count(page, 'open')) === 20)
    await app.publish('to all')
    await until(async () => (await news(page)) === 20)
  })

  test('over HTTP/1.1 six are open, and the others wait', async () => {
    const app = await startApp()
    const page = await open(await startProxy(name, app, http1), 20)
    await until(async () => (await count(page, 'open')) === 6)
    for (const text of ['one', 'two']) await app.publish(text)
    await until(async () => (await news(page)) >= 12)
    expect([await count(page, 'open'), await count(page, 'closed'), await news(page)]).toEqual([6, 0, 12])
  })

  test('a deploy leaves the browser with its stream', async () => {
    const app = await startApp()
    const page = await open(await startProxy(name, app, ...quick), 1)
    await until(async () => (await count(page, 'open')) === 1)
    const told = page.waitForResponse(
      async (response) => response.ok() && !response.headers()['x-powered-by'],
    )
    await app.stop()
    await told // to come back, by the proxy
    await app.start()
    await until(() => app.streams())
    await app.publish('still here')
    await until(async () => (await news(page)) === 1)
    expect(await count(page, 'closed')).toBe(0)
  })

  test('and takes it away, without the setting', async () => {
    const app = await startApp()
    const page = await open(await startProxy(name, app, ...quick, strict), 1)
    await until(async () => (await count(page, 'open')) === 1)
    await app.stop()
    await until(async () => (await count(page, 'closed')) === 1)
  })
}
