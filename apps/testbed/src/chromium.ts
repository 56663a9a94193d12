import { existsSync } from 'node:fs'
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
  /** Starts the Chromium that has windows. Desktop notifications need it. Default: false. */
  readonly whole?: boolean
  /** Whether a page that is left is kept and taken out again; only the whole Chromium does. Default: false, which is Playwright's. */
  readonly backForwardCache?: boolean
}

/** Milliseconds that a page may take for what it is asked, on a busy machine too. */
const patience = 60_000

const whole = () => process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const headlessShell = '/usr/bin/chromium-headless-shell'
/** Its contexts cost a fifth of the processor time, because the whole Chromium draws the toolbar of each window as a page. */
const withoutWindows = () =>
  process.env['CHROMIUM_HEADLESS_PATH'] ?? (existsSync(headlessShell) ? headlessShell : whole())

/**
 * The system's Chromium, with a profile folder of its own that `close` removes. Its `newContext` is a person
 * with cookies of their own, so one browser serves a whole test file.
 *
 * `CHROMIUM_HEADLESS_PATH` and, for the whole Chromium, `CHROMIUM_PATH` name the executable (`pnpm test` sets them); default Debian's.
 */
export async function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const { backForwardCache = false } = options
  const executablePath = options.whole || backForwardCache ? whole() : withoutWindows()
  const ignoreDefaultArgs = backForwardCache ? ['--disable-back-forward-cache'] : []
  const browser = await chromium.launch({ executablePath, args: flags, ignoreDefaultArgs })
  return browser.on('context', (context) => context.setDefaultTimeout(patience))
}
