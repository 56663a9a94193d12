import { type PassingStates, recordPassing, type TestBrowser } from '@sse/testbed'
import type { BrowserContextOptions, Page } from 'playwright-core'

export interface OpenedPage {
  readonly page: Page
  /** Errors and warnings of the console, what was thrown, and what the policy refused; network errors apart. */
  readonly complaints: readonly string[]
}

/** What comes and goes on the page, for `passed`. */
const passing = {
  panel: { selector: '[data-transport]', attributes: ['data-transport', 'data-status'] },
  published: { selector: '[data-transport="sse"]', attributes: ['data-published'] },
  said: { selector: '[role="status"]' },
  cut: { selector: '[data-testid="cut"]' },
} satisfies Record<string, PassingStates>

/** A browser of its own on the lab, that notes everything it complains of. */
export async function openPage(
  browser: TestBrowser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const complaints: string[] = []
  // Charts are drawn while they are in view, sixty times a second: few of them are in view of a page as low as this one.
  const context = await browser.newContext({ viewport: { width: 1280, height: 300 }, ...options })
  await recordPassing(context, passing)
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // A line that is cut is what this is about; Chromium says so of every request.
    const isOfTheNetwork = /net::ERR_|WebSocket connection to|\[vite\]/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !isOfTheNetwork) complaints.push(message.text())
  })
  await page.exposeFunction('complain', (text: string) => complaints.push(text))
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      const { complain } = globalThis as unknown as { complain(text: string): void }
      complain(`policy: ${violatedDirective} ${blockedURI}`)
    })
  })
  await page.goto(url)
  return { page, complaints }
}
