/** The line breaks in every way the page offers, and tabs share what is left of it. */

import { DatabaseSync } from 'node:sqlite'
import { passed, until } from '@sse/testbed'
import type { Page, Request } from 'playwright-core'
import { expect, test } from 'vitest'
import { startSender, startServer } from '../start-server.ts'
import { item, lineLog, live, offline, patience, titles, toasted, withHerald, withPeople } from './people.ts'

const people = withPeople()
const herald = withHerald()

const figure = (page: Page, name: string) => page.locator(`[data-line="${name}"]`).textContent()
const hasFigure = (page: Page, name: string, text: string) =>
  until(async () => (await figure(page, name)) === text, patience)

/** Whichever it is. */
const oneOfTwoLeads = (tabs: readonly Page[]) =>
  until(async () => {
    const said = await Promise.all(tabs.map((tab) => figure(tab, 'tabs')))
    return said.sort().join() === '2; another one leads,this one of 2 leads'
  }, patience)

/** Counts the open streams of this browser that begin from now on. A tab that lacks something may open one of its own for a moment. */
function countStreams(page: Page): () => number {
  const open = new Set<Request>()
  page
    .context()
    .on('request', (request) => {
      if (request.method() === 'GET' && new URL(request.url()).pathname === '/events') open.add(request)
    })
    .on('requestfinished', (request) => open.delete(request))
    .on('requestfailed', (request) => open.delete(request))
  return () => open.size
}

test('when the form says sent, the list has it', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  const listed = mina.evaluate(
    () =>
      new Promise<boolean>((resolve) => {
        new MutationObserver((_, observer) => {
          const toast = document.querySelector('[data-testid="toast"]')
          if (!toast?.textContent?.includes('Sent to everyone')) return
          observer.disconnect()
          const items = [...document.querySelectorAll('[data-notification]')]
          resolve(items.some(({ textContent }) => textContent?.includes('In the list')))
        }).observe(document, { childList: true, characterData: true, subtree: true })
      }),
  )
  // The server answers long before the stream brings it.
  await mina.evaluate(async () => {
    const headers = { 'Content-Type': 'application/json' }
    const answer = await fetch('/api/line/stall', { method: 'POST', headers, body: '{"seconds":1}' })
    if (!answer.ok) throw new Error(`${answer.status}`)
  })
  await mina.getByRole('textbox', { name: 'Title' }).fill('In the list')
  await mina.getByRole('button', { name: 'Send' }).click()
  expect(await listed).toBe(true)
  expect(people.complaints).toEqual([])
})

test('the line is cut, two are sent meanwhile, and both arrive', async () => {
  const [mina, joon] = [
    await people.enter(herald.server.origin, 'Mina Kim'),
    await people.enter(herald.server.origin, 'Joon Park'),
  ]
  const lists: string[] = []
  mina.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/notifications') lists.push(request.method())
  })
  await mina.getByRole('button', { name: 'Cut the line' }).click()
  await offline(mina)
  await passed(mina, 'notice', /Live updates are interrupted/, patience)

  for (const title of ['While cut, one', 'While cut, two']) {
    await joon.getByRole('textbox', { name: 'Title' }).fill(title)
    await joon.getByRole('button', { name: 'Send' }).click()
    await item(joon, title).waitFor()
  }
  await live(mina)
  await item(mina, 'While cut, one').waitFor()
  await item(mina, 'While cut, two').waitFor()
  await until(async () => {
    const log = await lineLog(mina)
    const isBroken = log.some((entry) => entry.startsWith('The line broke'))
    return isBroken && log.includes('You cut the line') && log.includes('2 events arrived')
  }, patience)
  // They came by the stream, which has read on: nothing was missed, and nothing fetched.
  expect(lists).toEqual([])
  await hasFigure(mina, 'gaps', '0')
  expect(people.complaints).toEqual([])
})

test('one is turned away for a while, and the page counts down; another hears nothing, and the watchdog notices', async () => {
  const [mina, joon] = [
    await people.enter(herald.server.origin, 'Mina Kim'),
    await people.enter(herald.server.origin, 'Joon Park'),
  ]
  await hasFigure(joon, 'heartbeat', 'every 5\u00A0s')
  await joon.getByRole('button', { name: 'Stall' }).click()
  await until(async () => (await lineLog(joon)).includes('You stall the line'), patience)
  await herald.sora.send('user:joon', 'While stalled')

  await mina.route('**/api/line/refuse', (route) => route.continue({ postData: '{"seconds":8}' }))
  await mina.getByRole('button', { name: 'Go offline' }).click()
  await offline(mina)
  await passed(mina, 'notice', /Next attempt in \d+\ss\./, patience)
  await passed(mina, 'next', /^in \d+\ss, no\. \d+$/, patience)
  const isRefusal = (entry: string) => entry.startsWith('The server refused (503)')
  await until(async () => (await lineLog(mina)).some(isRefusal), patience)
  await herald.sora.send('user:mina', 'While offline')
  await live(mina)
  await item(mina, 'While offline').waitFor()
  await hasFigure(mina, 'state', 'Open')
  await hasFigure(mina, 'next', 'not needed')

  const isSilence = (entry: string) => entry.startsWith('The watchdog heard nothing')
  await until(async () => (await lineLog(joon)).some(isSilence), { ...patience, timeout: 40_000 })
  await live(joon)
  await item(joon, 'While stalled').waitFor()
  expect(people.complaints).toEqual([])
})

test('three tabs have one connection; its holder goes, another takes over and nothing is missed', async () => {
  const first = await people.enter(herald.server.origin, 'Mina Kim')
  const streams = countStreams(first)
  const others = [await people.openTab(first), await people.openTab(first)]
  await hasFigure(first, 'tabs', 'this one of 3 leads')
  for (const tab of others) await hasFigure(tab, 'tabs', '3; another one leads')
  await until(() => streams() === 0, patience)

  const sending = Promise.all(
    ['Over, one', 'Over, two', 'Over, three'].map((title) => herald.sora.send('user:mina', title)),
  )
  await others[0]?.bringToFront()
  await first.close()
  await sending
  await oneOfTwoLeads(others)
  for (const tab of others) {
    await live(tab)
    await until(
      async () => (await titles(tab)).filter((title) => title.startsWith('Over, ')).length === 3,
      patience,
    )
  }
  await until(() => streams() === 1, patience)
  expect(people.complaints).toEqual([])
})

test('one signs in as somebody else in one tab, and the others follow', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  const other = await people.openTab(mina)
  await herald.sora.send('user:mina', 'For Mina only')
  await item(other, 'For Mina only').waitFor()
  await mina.getByRole('button', { name: 'Signed in as Mina Kim' }).click()
  await mina.getByRole('menuitemradio', { name: 'Joon Park' }).click()

  for (const tab of [mina, other]) {
    await tab.getByRole('button', { name: 'Signed in as Joon Park' }).waitFor()
    await live(tab)
  }
  await herald.sora.send('user:joon', 'For Joon only')
  await herald.sora.send('user:mina', 'Not for Joon')
  await herald.sora.send('all', 'For all of them')
  for (const tab of [mina, other]) {
    await item(tab, 'For Joon only').waitFor()
    await item(tab, 'For all of them').waitFor()
    const shown = await titles(tab)
    expect(shown).not.toContain('For Mina only')
    expect(shown).not.toContain('Not for Joon')
  }
  await oneOfTwoLeads([mina, other])
  expect(people.complaints).toEqual([])
})

/** As after a repair that could save who is signed in, and nothing that was sent. */
function loseLog(databaseFile: string): void {
  const database = new DatabaseSync(databaseFile)
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'sse\\_%' ESCAPE '\\'")
    .all()
  for (const { name } of tables) database.exec(`DROP TABLE ${name}`)
  database.exec('DELETE FROM notifications')
  database.close()
}

test('when the log has been lost, the list is loaded anew, and the page says so', async () => {
  const own = await startServer('production')
  try {
    const mina = await people.enter(own.origin, 'Mina Kim')
    const before = await startSender(own.origin, 'sora')
    await before.send('all', 'Lost')
    await item(mina, 'Lost').waitFor()
    await own.process.kill('SIGKILL')
    await offline(mina)
    loseLog(own.databaseFile)
    await own.restart()
    await live(mina)
    await toasted(mina, 'You missed some, so the list was loaded again')
    await item(mina, 'Lost').waitFor({ state: 'detached' })
    await hasFigure(mina, 'gaps', '1')
    expect(people.complaints).toEqual([])
  } finally {
    await own.stop()
  }
})
