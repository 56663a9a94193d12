import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, passed, takePassed, until, withChromium } from '@sse/testbed'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { transportNames } from '../shared/lab.ts'
import { openPage } from './open-page.ts'
import { readPanels } from './panels.ts'
import { startServer, type TestServer } from './start-server.ts'

/** How long a page may take, in ms, on a slow machine; nothing is asserted about it. */
const patience = { timeout: 30_000, interval: 100 }

// A test watches for some ten seconds, and for longer where the machine has other things to do.
vi.setConfig({ testTimeout: 120_000 })

/** Kept for people to look at. */
const artifacts = join(import.meta.dirname, '../../../artifacts/lab')

const browser = withChromium()
let server: TestServer | undefined

beforeAll(async () => {
  mkdirSync(artifacts, { recursive: true })
  await build({ configFile: join(import.meta.dirname, '../vite.config.ts'), logLevel: 'warn' })
})
afterEach(async () => {
  await server?.process.kill('SIGKILL')
  server = undefined
})

const everyPanel = async (
  page: Page,
  holds: (panel: Awaited<ReturnType<typeof readPanels>>['sse']) => boolean,
) => {
  const panels = await readPanels(page)
  return transportNames.every((name) => holds(panels[name]))
}

/** The texts of a header that do not fit, when its transport is interrupted, which is the longest word. Runs in the page. */
function cutTexts(headers: Element[], interrupted: string): string[] {
  return headers.flatMap((header) => {
    const status = header.querySelector('[data-testid="status"]')!.lastChild!
    const before = status.textContent
    status.textContent = interrupted
    const cut = [...header.querySelectorAll('h3, p')].filter((part) => part.scrollWidth > part.clientWidth)
    const texts = cut.map((part) => part.textContent)
    status.textContent = before
    return texts
  })
}

/** Every panel has got so many events. */
const counted = (page: Page, events: number) =>
  until(() => everyPanel(page, ({ received }) => received >= events), patience)

/** Nothing is under way any more: every panel has the newest event. */
async function settled(page: Page) {
  await until(() => everyPanel(page, ({ last, published }) => last === published), patience)
  return readPanels(page)
}

/** All panels count the same events as they are made. */
async function countsTheSame(page: Page, events: number): Promise<void> {
  await counted(page, events)
  expect(
    await everyPanel(page, ({ status, missed, repeated }) => status === 'open' && missed + repeated === 0),
  ).toBe(true)
}

const isLong = process.env['SSE_FAULTS'] === 'long'

// In the short form `page.test.ts` asks a server in development for what the page is made of.
test.runIf(isLong)('in development, all panels count the same events as they are made', async () => {
  server = await startServer('development')
  const { page, complaints } = await openPage(browser, server.origin)
  await countsTheSame(page, 10)
  expect(complaints).toEqual([])
})

test('at 10 events a second and a poll a second the page shows the known picture; paused, nothing is made; reset, it counts from nothing', async () => {
  server = await startServer('production')
  const { page, complaints } = await openPage(browser, server.origin)
  await countsTheSame(page, 40)
  // The bounds are wide because a machine that is busy with something else is late with every frame, and a long poll that is late brings several
  // events. The narrow ones: picture.test.ts.
  await until(async () => {
    const { short, etag, long, websocket, sse } = await readPanels(page)
    const isLater = [short, etag].every(
      ({ median }) => median / sse.median > 2 && median / websocket.median > 2,
    )
    // With events ten times as often as polls, every poll brings the whole list again.
    const isLarger = etag.bytesPerEvent / short.bytesPerEvent > 2
    return isLater && isLarger && long.requestsPerEvent / short.requestsPerEvent > 2
  }, patience)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('Paused').waitFor()
  const { short, long, websocket, sse } = await settled(page)

  expect(long.requestsPerEvent).toBeLessThan(1.1)
  expect([websocket.requests, sse.requests]).toEqual([1, 1])
  expect(long.bytesPerEvent / sse.bytesPerEvent).toBeGreaterThan(1.5)
  for (const { missed, repeated } of [short, long, websocket, sse]) expect(missed + repeated).toBe(0)

  // The browser names the list that it has, and so the answer has no body.
  await until(async () => (await readPanels(page)).etag.notModified > 0, patience)
  await page.getByRole('button', { name: 'Reset' }).click()
  await until(
    () => everyPanel(page, ({ received, published }) => received === 0 && published === 0),
    patience,
  )
  await page.getByRole('button', { name: 'Run' }).click()
  await counted(page, 5)
  expect(await everyPanel(page, ({ missed }) => missed === 0)).toBe(true)
  expect(complaints).toEqual([])
})

test('cut for two seconds, all come back, and a plain WebSocket has missed something', async () => {
  server = await startServer('production')
  const { page, complaints } = await openPage(browser, server.origin)
  await counted(page, 10)
  await page.getByRole('radio', { name: '2 s' }).click()
  await page.getByRole('button', { name: 'Cut the line' }).click()
  for (const name of transportNames) await passed(page, 'panel', `${name} waiting`, patience)
  await passed(page, 'cut', /^The line is cut\. It is back in \d s$/, patience)
  await passed(page, 'said', 'The line is cut.', patience)

  const back = page.getByTestId('recovery').getByText(/^first event/)
  await until(async () => (await back.count()) === transportNames.length, patience)
  await until(() => everyPanel(page, ({ status }) => status === 'open'), patience)
  await page.getByRole('button', { name: 'Pause' }).click()
  const { short, etag, long, websocket, sse } = await settled(page)

  // What an ETag poll misses depends on how long the list is, and on how late this machine is.
  expect([short.missed, long.missed, sse.missed]).toEqual([0, 0, 0])
  expect(websocket.missed).toBeGreaterThan(0)
  expect(websocket.received).toBeLessThan(sse.received)
  for (const { repeated } of [short, etag, long, websocket, sse]) expect(repeated).toBe(0)
  const caughtUp = await page
    .getByTestId('recovery')
    .evaluateAll((reports) => reports.map((report) => Number(report.getAttribute('data-caught-up'))))
  expect(caughtUp.map((events) => events > 0)).toEqual([true, true, true, false, true])
  expect(complaints).toEqual([])
})

// In the short form the tests of the server hold its limits, and the demo is killed and started again.
test.runIf(isLong)('the sliders go by keyboard, for every page, as far as the server lets them', async () => {
  server = await startServer('production')
  const { page, complaints } = await openPage(browser, server.origin)
  const { page: other } = await openPage(browser, server.origin)
  const slider = (of: Page, name: string) => of.getByRole('slider', { name })

  await slider(page, 'Event rate').press('ArrowRight')
  await until(
    async () => (await slider(other, 'Event rate').getAttribute('aria-valuetext')) === '20 / s',
    patience,
  )
  await slider(page, 'More clients').press('ArrowRight')
  await until(
    async () => (await page.getByText('5 open, 0 missed').count()) === transportNames.length,
    patience,
  )

  await slider(page, 'More clients').press('End')
  await page.getByRole('alert').getByText('is the limit').waitFor()
  await until(
    async () => (await slider(page, 'More clients').getAttribute('aria-valuetext')) === '5',
    patience,
  )
  // At the highest rate the machine has little time for anything else, so it is the last thing.
  await slider(page, 'Event rate').press('End')
  await until(
    async () => (await slider(other, 'Event rate').getAttribute('aria-valuetext')) === '100 / s',
    patience,
  )
  // A refused request is told by Chromium too.
  expect(complaints.filter((text) => !text.includes('400 (Bad Request)'))).toEqual([])
})

test.runIf(isLong)(
  'killed and started again, the server finds its page again, which counts from nothing',
  async () => {
    const port = await freePorts(1 + transportNames.length)
    server = await startServer('production', port)
    const { page, complaints } = await openPage(browser, server.origin)
    await counted(page, 20)
    await server.process.kill('SIGKILL')
    server = undefined
    await passed(page, 'said', 'Server not reachable', patience)
    await takePassed(page, 'published')
    server = await startServer('production', port)
    await passed(page, 'published', /^1?\d$/, patience)
    await until(() => everyPanel(page, ({ status }) => status === 'open'), patience)
    await counted(page, 5)
    expect(complaints).toEqual([])
  },
)

test.each([
  ['light', 1280, 'en'],
  ['dark', 390, 'ko'],
] as const)(
  'axe finds nothing in the %s theme at %i px in %s, and nothing sticks out',
  async (colorScheme, width, locale) => {
    server = await startServer('production')
    const { page, complaints } = await openPage(browser, server.origin, {
      colorScheme,
      locale,
      viewport: { width, height: 300 },
    })
    await page.getByRole('radio', { name: /^2/ }).click()
    await counted(page, 20)
    await page.getByRole('button', { name: locale === 'en' ? 'Cut the line' : '회선 끊기' }).click()
    await until(
      async () =>
        (await page.getByTestId('recovery').locator('xpath=self::*[@data-missed]').count()) ===
        transportNames.length,
      patience,
    )
    // What is judged stands still.
    await page.getByRole('button', { name: locale === 'en' ? 'Pause' : '일시 정지' }).click()
    await page.setViewportSize({ width, height: 900 })
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth)
    if (width < 640) {
      // Folded, five panels and what explains them are a page that one scrolls through in a few strokes.
      expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(3_500)
      await page.screenshot({
        path: join(artifacts, `lab-${colorScheme}-${width}-${locale}.png`),
        fullPage: true,
      })
      await page.locator('button[aria-expanded="false"]').evaluateAll((folds) => {
        for (const fold of folds) (fold as HTMLElement).click()
      })
    }
    // Charts are drawn once they are in view.
    const charts = width < 640 ? 3 : transportNames.length + 3
    await until(async () => (await page.locator('canvas').count()) >= charts, patience)
    if (width >= 640)
      await page.screenshot({
        path: join(artifacts, `lab-${colorScheme}-${width}-${locale}.png`),
        fullPage: true,
      })

    await page.evaluate(axe.source)
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] }),
    )
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    expect(await fits()).toBe(width)
    expect(
      await page
        .locator('[data-transport] header')
        .evaluateAll(cutTexts, locale === 'en' ? 'Interrupted' : '끊김'),
    ).toEqual([])
    if (locale === 'ko') {
      // A chosen language is kept.
      expect(await page.locator('html').getAttribute('lang')).toBe('ko')
      await page.getByRole('radio', { name: 'English' }).click()
      await page.reload()
      await page.getByRole('heading', { level: 1, name: 'Five ways' }).waitFor()
      expect(await page.locator('html').getAttribute('lang')).toBe('en')
    }
    expect(complaints).toEqual([])
  },
)

test('everything can be reached by the keyboard, in the order in which it is seen', async () => {
  server = await startServer('production')
  const { page } = await openPage(browser, server.origin, { viewport: { width: 390, height: 900 } })
  await counted(page, 1)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  const stops: string[] = []
  for (;;) {
    await page.keyboard.press('Tab')
    const name = await page.evaluate(() => {
      const { activeElement } = document
      if (activeElement === null || activeElement === document.body) return undefined
      return activeElement.getAttribute('aria-label') ?? activeElement.textContent.trim()
    })
    if (name === undefined || stops.includes(name)) break
    stops.push(name)
  }
  expect(stops).toEqual([
    'Skip to the measurements',
    'English',
    'Reset',
    'Pause',
    'Event rate',
    'Polling interval',
    'Payload',
    'More clients',
    'Line latency',
    '5 s',
    'Cut the line',
    'Details of Short polling',
    'Details of ETag polling',
    'Details of Long polling',
    'Details of WebSocket',
    'Details of SSE',
    'All five in a table',
    'Which one to choose',
    'How it is measured',
  ])
})
