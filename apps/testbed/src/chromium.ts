import { type Browser, chromium } from 'playwright-core'

/**
 * `--no-sandbox`: the sandbox cannot be used by root, as whom containers run. `--disable-quic`: one transport
 * less to be surprised by. The rest keeps Chromium from talking to anybody but the page under test.
 */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface ChromiumOptions {
  /** Whether a page that is left is kept and taken out again. Default: false, which is Playwright's. */
  readonly backForwardCache?: boolean
}

/** Milliseconds that a page may take for what it is asked, on a busy machine too. */
const patience = 60_000

/**
 * The system's Chromium, with a profile folder of its own that `close` removes. Its `newContext` is a person
 * with cookies of their own, so one browser serves a whole test file.
 *
 * `CHROMIUM_PATH` names the executable (`pnpm test` sets it); default `/usr/bin/chromium`.
 */
export async function launchChromium({ backForwardCache = false }: ChromiumOptions = {}): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
  const ignoreDefaultArgs = backForwardCache ? ['--disable-back-forward-cache'] : []
  const browser = await chromium.launch({ executablePath, args: flags, ignoreDefaultArgs })
  return browser.on('context', (context) => context.setDefaultTimeout(patience))
}
