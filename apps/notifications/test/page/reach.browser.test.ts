/** How the page reaches its reader: by keyboard, by ear, in Korean, in the dark. */
import { until } from '@sse/testbed'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import {
  focused,
  hasUnread,
  item,
  live,
  lookElsewhere,
  offline,
  patience,
  said,
  titles,
  toasted,
  unread,
  withHerald,
  withPeople,
} from './people.ts'

const people = withPeople()
const herald = withHerald()

test('everything is done by keyboard alone', async () => {
  for (const title of ['First', 'Second', 'Third'])
    await herald.sora.send('user:mina', title, 'A text to read.')
  const mina = await people.visit(herald.server.origin)
  const press = (...keys: string[]) =>
    keys.reduce((before, key) => before.then(() => mina.keyboard.press(key)), Promise.resolve())
  await mina.getByRole('button', { name: 'Mina Kim' }).focus()
  await press('Enter')
  await live(mina)

  await press('Tab')
  await focused(mina, 'Skip to the inbox')
  await press('Enter')
  await mina.locator('#inbox:focus').waitFor()

  await press('j')
  await focused(mina, 'Third')
  await press('j', 'ArrowDown')
  await focused(mina, 'First')
  await press('k')
  await focused(mina, 'Second')
  await press('e')
  await hasUnread(mina, 2)
  await said(mina, '1 notification marked as read')

  await press('k', 'Enter')
  const reading = mina.getByRole('dialog', { name: 'Third' })
  await reading.getByText('A text to read.').waitFor()
  await hasUnread(mina, 1)
  // The focus stays in the dialog, and goes back to where it came from.
  for (let tab = 0; tab < 3; tab++) {
    await press('Tab')
    await until(() => reading.evaluate((dialog) => dialog.contains(document.activeElement)), patience)
  }
  await press('Escape')
  await reading.waitFor({ state: 'detached' })
  await focused(mina, 'Third')

  await press('u')
  await until(async () => (await titles(mina)).join() === 'First', patience)
  await press('Shift+E')
  await mina.getByRole('heading', { name: 'You are all caught up' }).waitFor()
  await press('u', 'c')
  await mina.keyboard.type('Written with jkeum?')
  expect(await mina.getByRole('textbox', { name: 'Title' }).inputValue()).toBe('Written with jkeum?')
  await press('Enter')
  await item(mina, 'Written with jkeum?').waitFor()

  await mina.evaluate(() => (document.activeElement as HTMLElement).blur())
  await press('?')
  await mina.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await press('j', 'Escape')
  await mina.getByRole('dialog').waitFor({ state: 'detached' })
  expect(people.complaints).toEqual([])
})

test('in Korean, chosen in the menu, in every tab and after a reload', async () => {
  await herald.sora.send('all', 'A build')
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  const other = await people.openTab(mina)
  await mina.getByRole('button', { name: 'Signed in as Mina Kim' }).click()
  await mina.getByRole('menuitem', { name: /^Language/ }).press('ArrowRight')
  await mina.getByRole('menuitemradio', { name: '한국어' }).click()
  for (const tab of [mina, other]) {
    await tab.getByRole('heading', { name: '받은 알림', includeHidden: true }).waitFor()
    expect(await tab.locator('html').getAttribute('lang')).toBe('ko')
  }
  await other.getByRole('heading', { name: '오늘' }).waitFor()
  await other.getByText('방금').first().waitFor()
  await other.reload()
  await other.getByRole('heading', { name: '받은 알림' }).waitFor()

  await other.bringToFront()
  const chooser = other.getByRole('button', { name: '보내기' })
  await other.getByRole('textbox', { name: '제목' }).focus()
  await chooser.click()
  await other.getByText('제목을 입력하세요').waitFor()
  expect(people.complaints).toEqual([])
})

test('the browser’s language is taken where nothing was chosen', async () => {
  const page = await people.visit(herald.server.origin, { locale: 'ko-KR' })
  await page.getByRole('heading', { name: '누구신가요?' }).waitFor()
})

test('dark when the system is or when one says so, and that is kept', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim', { colorScheme: 'dark' })
  const ground = () => mina.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  const dark = await ground()
  await mina.getByRole('button', { name: 'Signed in as Mina Kim' }).click()
  await mina.getByRole('menuitem', { name: /^Appearance/ }).press('ArrowRight')
  await mina.getByRole('menuitemradio', { name: 'Light' }).click()
  await until(async () => (await ground()) !== dark, patience)
  const light = await ground()
  await mina.reload()
  await live(mina)
  expect(await ground()).toBe(light)
  expect([dark, light]).toEqual(['rgb(17, 18, 20)', 'rgb(247, 247, 245)'])
})

test('many that come at once are one message, not a wall of them', async () => {
  const joon = await people.enter(herald.server.origin, 'Joon Park')
  await lookElsewhere(joon)
  // Refused until all have been sent, so that they come with one answer.
  const isStream = ({ pathname }: URL) => pathname === '/events'
  await joon.route(isStream, (route) => route.abort())
  await joon.getByRole('button', { name: 'Cut the line' }).click()
  await offline(joon)
  await Promise.all([1, 2, 3, 4, 5].map((number) => herald.sora.send('user:joon', `One of many ${number}`)))
  await joon.unroute(isStream)
  await toasted(joon, '5 new notifications')
  await until(async () => (await unread(joon)) >= 5, patience)
})

/** Texts of the header that take more than one line, controls that are pressed together, and what is off the screen. */
const crowdedIn = (page: Page): Promise<string[]> =>
  page.locator('header').evaluate((header) => {
    const crowded: string[] = []
    const texts = document.createTreeWalker(header, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const range = document.createRange()
      range.selectNodeContents(texts.currentNode)
      const boxes = [...range.getClientRects()].filter(({ width }) => width > 1)
      const lines = new Set(boxes.map(({ top }) => Math.round(top))).size
      if (lines > 1) crowded.push(`${range} in ${lines} lines`)
    }
    for (const control of header.querySelectorAll('a, button, svg')) {
      const { left, right, width } = control.getBoundingClientRect()
      const least = control.matches('svg') ? 16 : 32
      if (width > 0 && (width < least || left < 0 || right > innerWidth)) {
        crowded.push(`${control.textContent?.trim() || control.classList} from ${left} to ${right}`)
      }
    }
    const status = header.querySelector('[role="status"]')
    const box = status?.closest('button')?.getBoundingClientRect()
    if (innerWidth >= 360 && (status?.getBoundingClientRect().top ?? 0) >= (box?.bottom ?? 0)) {
      crowded.push(`${status?.textContent} is not seen`)
    }
    return crowded
  })

test.each(['en', 'ko'])(
  'the header stays in one line at every width and in every state, in "%s"',
  async (locale) => {
    const admin = await people.enter(herald.server.origin, 'Admin', { locale })
    async function look(tone: string): Promise<void> {
      await admin.locator(`[data-testid="connection"][data-tone="${tone}"]`).waitFor()
      for (const width of [320, 360, 390, 640, 768, 1024, 1280]) {
        await admin.setViewportSize({ width, height: 600 })
        expect.soft(await crowdedIn(admin), `${tone} at ${width} pixels`).toEqual([])
      }
    }
    await look('live')
    await admin.route('**/events*', (route) => route.abort())
    await admin.evaluate(() => fetch('/api/line/cut', { method: 'POST' }))
    await look('offline')
    // The answer does not come.
    await admin.unrouteAll()
    await admin.route('**/events*', () => {})
    await admin.reload()
    await admin.getByRole('button', { name: 'Admin' }).waitFor()
    await look('busy')
    expect(people.complaints).toEqual([])
  },
)
