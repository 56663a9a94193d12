import { type Browser, launch } from 'puppeteer-core'

/**
 * The system's Firefox, driven by WebDriver BiDi, with a profile folder of its own that `close` removes. Its
 * `createBrowserContext` is a person with cookies of their own, so one browser serves a whole test file.
 *
 * `FIREFOX_PATH` names the executable (`pnpm test` sets it); default `/usr/bin/firefox-esr`.
 */
export function launchFirefox(): Promise<Browser> {
  const executablePath = process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr'
  return launch({ browser: 'firefox', protocol: 'webDriverBiDi', executablePath, headless: true })
}
