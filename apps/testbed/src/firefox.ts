import { type Browser, launch } from 'puppeteer-core'

/** Tabs of one site live in two processes, which is what tests of tabs are about; by default they live in four, and others wait for use. */
const extraPrefsFirefox = {
  'dom.ipc.processCount.webIsolated': 2,
  'dom.ipc.processPrelaunch.enabled': false,
}

/**
 * The system's Firefox, driven by WebDriver BiDi, with a profile folder of its own that `close` removes. Its
 * `createBrowserContext` is a person with cookies of their own, so one browser serves a whole test file.
 *
 * `FIREFOX_PATH` names the executable (`pnpm test` sets it); default `/usr/bin/firefox-esr`.
 */
export function launchFirefox(): Promise<Browser> {
  const executablePath = process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr'
  return launch({
    browser: 'firefox',
    protocol: 'webDriverBiDi',
    executablePath,
    headless: true,
    extraPrefsFirefox,
  })
}
