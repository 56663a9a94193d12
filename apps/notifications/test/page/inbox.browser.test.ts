import { until } from '@sse/testbed'
import { beforeEach, expect, test } from 'vitest'
import {
  hasUnread,
  item,
  lookDown,
  patience,
  shown,
  titles,
  toasted,
  withHerald,
  withPeople,
} from './people.ts'
import { startOver } from './start-over.ts'

const people = withPeople()
const herald = withHerald({ WRITES_PER_MINUTE: '10000' })

beforeEach(() => startOver(herald.server.origin))

test('with nothing sent yet there is a way to begin', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  await mina.getByRole('heading', { name: 'Nothing here yet' }).waitFor()
  await mina.getByRole('tab', { name: 'Unread' }).click()
  await mina.getByRole('heading', { name: 'You are all caught up' }).waitFor()
  expect(people.complaints).toEqual([])
})

test('views and groups show their own', async () => {
  await herald.sora.send('user:mina', 'View direct')
  await herald.sora.send('topic:builds', 'View builds')
  await herald.sora.send('all', 'View everyone')
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  const tab = (name: RegExp) => mina.getByRole('tab', { name }).click()
  const isShown = (...expected: string[]) =>
    until(async () => (await titles(mina)).join() === expected.join(), patience)

  await isShown('View everyone', 'View builds', 'View direct')
  await tab(/^Direct/)
  await isShown('View direct')
  await tab(/^Builds/)
  await isShown('View builds')
  await tab(/^Unread/)
  await isShown('View everyone', 'View builds', 'View direct')
  await item(mina, 'View builds').getByRole('button', { name: 'Mark as read: View builds' }).click()
  await isShown('View everyone', 'View direct')
  await tab(/^All/)

  await mina.getByRole('button', { name: 'Source' }).click()
  const headings = mina.locator('main section section h2')
  await until(
    async () => (await headings.allTextContents()).join() === 'Everyone,Builds,Direct messages',
    patience,
  )
  expect(people.complaints).toEqual([])
})

test('one reads everything in one of three tabs, also what is not loaded, and it is read in all', async () => {
  for (let batch = 0; batch < 6; batch++) {
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => herald.sora.send('user:mina', `Many ${batch}-${index}`)),
    )
  }
  const first = await people.enter(herald.server.origin, 'Mina Kim')
  const tabs = [first, await people.openTab(first), await people.openTab(first)]
  for (const tab of tabs) await hasUnread(tab, 60)
  expect((await shown(first)).length).toBe(50)

  await tabs[1]?.bringToFront()
  await tabs[1]?.getByRole('button', { name: 'Mark all as read' }).click()
  for (const tab of tabs) {
    await hasUnread(tab, 0)
    expect(await tab.title()).toBe('Herald')
  }

  await first.bringToFront()
  // Older ones come as one scrolls towards them.
  await first.getByRole('button', { name: 'Load more' }).scrollIntoViewIfNeeded()
  const drawn = async (count: number) => until(async () => (await shown(first)).length === count, patience)
  await until(async () => (await shown(first)).length >= 60, patience)
  // Those of the tests before are in the list, too.
  await lookDown(first)
  const all = (await shown(first)).length
  await hasUnread(first, 0)

  // What arrives takes none of them away; back at the top, one page is drawn again.
  await herald.sora.send('user:mina', 'One more below')
  await drawn(all + 1)
  await first.evaluate(() => scrollTo(0, 0))
  await herald.sora.send('user:mina', 'One more at the top')
  await drawn(50)
  await lookDown(first)
  await drawn(all + 2)
  expect(people.complaints).toEqual([])
})

test('the count stands in the title and on the icon', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  const icon = () => mina.locator('link[rel="icon"]').getAttribute('href')
  expect(await icon()).toMatch(/\.svg$/)
  await herald.sora.send('all', 'Counted')
  await until(async () => (await icon())?.startsWith('data:image/png'), patience)
  expect(await mina.title()).toBe('(1) Herald')
  await item(mina, 'Counted').getByRole('button', { name: 'Mark as read: Counted' }).click()
  await until(async () => (await icon())?.endsWith('.svg'), patience)
  expect(people.complaints).toEqual([])
})

test('what the server does not take is taken back, and said', async () => {
  await herald.sora.send('all', 'Stubborn')
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  await mina.route('**/api/**', (route) =>
    route.request().method() === 'GET' ? route.continue() : route.abort(),
  )
  const read = item(mina, 'Stubborn').getByRole('button', { name: 'Mark as read: Stubborn' })
  await read.click()
  await toasted(mina, 'That did not work')
  await read.waitFor()
  await hasUnread(mina, 1)

  await mina.getByRole('button', { name: 'Mark all as read' }).click()
  await toasted(mina, 'That did not work')
  await hasUnread(mina, 1)

  await mina.getByRole('button', { name: 'Manage topics' }).click()
  const follow = mina.getByRole('switch', { name: 'Follow Security' })
  await follow.click()
  await toasted(mina, 'That did not work')
  expect(await follow.getAttribute('aria-checked')).toBe('false')
  expect(people.complaints).toEqual([])
})

test('sent again after the answer was lost, it is sent once', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  let losses = 0
  await mina.route('**/api/notifications', async (route) => {
    if (route.request().method() !== 'POST' || losses > 0) return route.continue()
    losses++
    await route.fetch()
    await route.abort()
  })
  await mina.getByRole('textbox', { name: 'Title' }).fill('Once only')
  await mina.getByRole('button', { name: 'Send' }).click()
  await toasted(mina, 'The server cannot be reached')
  await toasted(mina, 'Sent to everyone')
  await item(mina, 'Once only').waitFor()
  expect(await item(mina, 'Once only').count()).toBe(1)
  expect(people.complaints).toEqual([])
})

test('while the list is on its way, and when it does not come, the page says so', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  let answer: 'wait' | 'fail' | 'pass' = 'wait'
  const asked = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  await mina.route('**/api/notifications?*', async (route) => {
    if (answer === 'pass') return route.continue()
    asked.resolve()
    await held.promise
    await route.fulfill({ status: 503, body: '{}' })
  })
  await mina.reload()
  await asked.promise
  await mina.getByText('Loading notifications').waitFor({ state: 'attached' })
  answer = 'fail'
  held.resolve()
  await mina.getByRole('heading', { name: 'The list could not be loaded' }).waitFor()
  answer = 'pass'
  await mina.getByRole('button', { name: 'Try again' }).click()
  await item(mina, 'Once only').waitFor()
  expect(people.complaints).toEqual([])
})
