import { existsSync } from 'node:fs'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { afterAll, afterEach, beforeEach } from 'vitest'

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

/** A Chromium for tests. A context is a person with cookies of their own. */
export interface TestBrowser {
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>
  /** A page in a context of its own. */
  newPage(options?: BrowserContextOptions): Promise<Page>
}

/** The browsers of this worker, by their options. They end with the worker. */
const running = new Map<string, Promise<Browser>>()

/**
 * The Chromium that all test files of a worker share: starting one takes more processor time than most tests. The contexts of a test are closed
 * after it, and those from before the first test after the last one.
 */
export function withChromium(options: ChromiumOptions = {}): TestBrowser {
  const ofFile = new Set<BrowserContext>()
  const ofTest = new Set<BrowserContext>()
  let opened = ofFile
  beforeEach(() => {
    opened = ofTest
  })
  afterEach(async () => {
    opened = ofFile
    await closeAll(ofTest)
  })
  afterAll(() => closeAll(ofFile))

  async function newContext(contextOptions?: BrowserContextOptions): Promise<BrowserContext> {
    const browser = await sharedChromium(options)
    const context = await browser.newContext(contextOptions)
    opened.add(context)
    return context
  }
  return {
    newContext,
    newPage: async (contextOptions) => (await newContext(contextOptions)).newPage(),
  }
}

/** One that has crashed is launched again, so that it fails one test and not those of the next files. */
function sharedChromium(options: ChromiumOptions): Promise<Browser> {
  const key = JSON.stringify(options)
  const before = running.get(key)
  if (before) return before
  const launched = launchChromium(options)
  const forget = () => running.delete(key)
  launched.then((browser) => browser.once('disconnected', forget), forget)
  running.set(key, launched)
  return launched
}

async function closeAll(contexts: Set<BrowserContext>): Promise<void> {
  await Promise.all([...contexts].map((context) => context.close()))
  contexts.clear()
}

/**
 * A Chromium of the system, with a profile folder of its own that `close` removes. Most tests need none of their own: see {@link withChromium}.
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
