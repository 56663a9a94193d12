import { launchFirefox } from '@sse/testbed/firefox'
import { afterAll, beforeAll } from 'vitest'
import { describeSharing } from './sharing-suite.ts'

type Browser = Awaited<ReturnType<typeof launchFirefox>>
type Page = Awaited<ReturnType<Browser['newPage']>>

let browser: Browser

beforeAll(async () => {
  browser = await launchFirefox()
})
afterAll(() => browser?.close())

/** WebDriver BiDi neither crashes a page nor freezes it. */
describeSharing<Page>({
  open: () => browser.createBrowserContext(),
  faults: {
    async 'is closed'(page) {
      await page.close()
      return 'gone'
    },
    async 'goes elsewhere'(page) {
      await page.goto('about:blank')
      return 'gone'
    },
  },
})
