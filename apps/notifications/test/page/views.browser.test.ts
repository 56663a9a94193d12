/** Addresses, and what people expect of a list: search, archive, undo, who has read it, what is written offline. */
import { rawRequest, takePassed, until } from '@sse/testbed'
import { beforeEach, expect, test } from 'vitest'
import { startSender } from '../start-server.ts'
import { firstLoad } from './build-page.ts'
import { hasUnread, item, live, patience, titles, toasted, withHerald, withPeople } from './people.ts'
import { startOver } from './start-over.ts'

const people = withPeople()
const herald = withHerald()
beforeEach(() => startOver(herald.server.origin))

/** Bytes, gzipped: what the browser must have before it can show the list. Menus, dialogs, the form and toasts come after it. */
const budget = 120_000

test(`the first load of the page is at most ${budget} bytes`, async () => {
  const { files, bytes } = await firstLoad()
  console.info(`First load: ${bytes} bytes gzipped, in ${files} files`)
  expect(bytes).toBeLessThanOrEqual(budget)
}, 120_000)

test('every view, a notification and the settings have an address: signing in keeps it, and back, forward and reload do', async () => {
  const { origin } = herald.server
  const { id } = await herald.sora.send('user:mina', 'With an address', 'See https://example.com/a?b#c.')
  const mina = await people.enter(`${origin}/notifications/${id}`, 'Mina Kim')
  const path = () => mina.evaluate(() => location.pathname + location.search)
  const isAt = (wanted: string) => until(async () => (await path()) === wanted, patience)
  const dialog = mina.getByRole('dialog', { name: 'With an address' })
  await dialog.getByText('Sora Lee').waitFor()
  const link = dialog.getByRole('link', { name: 'https://example.com/a?b#c' })
  expect(await link.getAttribute('rel')).toBe('noopener nofollow')
  await hasUnread(mina, 0)
  await mina.keyboard.press('Escape')
  await isAt('/')
  await dialog.waitFor({ state: 'detached' })

  for (const [name, address] of [
    ['Unread', '/unread'],
    ['Builds', '/topics/builds'],
    ['Sent', '/sent'],
    ['Archived', '/archived'],
    ['Direct', '/direct'],
  ] as const) {
    await mina.getByRole('tab', { name }).click()
    await isAt(address)
    await mina.getByRole('heading', { name, level: 1 }).waitFor()
  }
  await item(mina, 'With an address').locator('[data-title]').click()
  await isAt(`/notifications/${id}`)
  await mina.reload()
  await dialog.waitFor()
  // What lies behind it is still the view that it was opened from.
  await mina.getByRole('tab', { name: 'Direct', includeHidden: true, selected: true }).waitFor()
  await mina.goBack()
  await isAt('/direct')
  await dialog.waitFor({ state: 'detached' })
  await mina.goBack()
  await mina.getByRole('heading', { name: 'Archived', level: 1 }).waitFor()
  await mina.goForward()
  await mina.getByRole('heading', { name: 'Direct', level: 1 }).waitFor()

  await mina.getByRole('button', { name: 'Manage topics' }).click()
  await isAt('/settings/topics')
  await mina.keyboard.press('Escape')
  await isAt('/direct')
  await mina.goto(`${origin}/settings/keys`)
  await mina.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()

  expect(people.complaints).toEqual([])
  // Chromium reports each answer that says that there is nothing.
  await mina.goto(`${origin}/notifications/999999`)
  await mina.getByRole('dialog', { name: 'Notification not found' }).waitFor()
  await mina.goto(`${origin}/topics/security`)
  await mina.getByRole('heading', { name: 'You do not follow Security' }).waitFor()
  await mina.goto(`${origin}/topics/gardening`)
  await mina.getByRole('heading', { name: 'There is no such topic' }).waitFor()

  const html = { Accept: 'text/html' }
  for (const address of ['/unread', '/search?q=x', '/notifications/5', '/settings/topics', '/topics/builds'])
    expect([address, (await rawRequest(origin, address, html)).status]).toEqual([address, 200])
  expect((await rawRequest(origin, '/notifications/x', html)).status).toBe(404)
  expect((await rawRequest(origin, '/nowhere.js', { Accept: '*/*' })).headers['content-type']).toMatch(
    /problem/,
  )
  await mina.goto(`${origin}/nowhere`)
  await mina.getByRole('heading', { name: 'Page not found' }).waitFor()
  await mina.getByRole('link', { name: 'To the inbox' }).click()
  await mina.getByRole('heading', { name: 'Inbox', level: 1 }).waitFor()
})

test('archived, deleted and put back, by hand and by keys, in every tab and after a reload', async () => {
  for (const title of ['Keep one', 'Keep two', 'Keep three']) await herald.sora.send('user:mina', title)
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  const other = await people.openTab(mina)
  const shows = (wanted: string) =>
    Promise.all(
      [mina, other].map((tab) =>
        until(
          async () => (await titles(tab)).filter((title) => title.startsWith('Keep ')).join() === wanted,
          patience,
        ),
      ),
    )
  await mina.getByRole('button', { name: 'Archive: Keep two' }).click()
  await toasted(mina, '1 notification archived')
  await shows('Keep three,Keep one')
  for (const tab of [mina, other]) await hasUnread(tab, 2)
  await mina.getByRole('button', { name: 'Undo' }).click()
  await shows('Keep three,Keep two,Keep one')
  for (const tab of [mina, other]) await hasUnread(tab, 3)

  await item(mina, 'Keep two').locator('[data-title]').focus()
  await mina.keyboard.press('Delete')
  await shows('Keep three,Keep one')
  await mina.locator('[data-title]:focus', { hasText: 'Keep one' }).waitFor()
  await mina.keyboard.press('a')
  await shows('Keep three')
  await mina.keyboard.press('z')
  await shows('Keep three,Keep one')
  await mina.getByRole('button', { name: 'Archive: Keep one' }).click()
  await shows('Keep three')
  await mina.reload()
  await live(mina)
  await shows('Keep three')

  await mina.getByRole('tab', { name: 'Archived' }).click()
  await until(async () => (await titles(mina)).join() === 'Keep one', patience)
  await mina.getByRole('button', { name: 'Move to the inbox: Keep one' }).click()
  await mina.getByRole('heading', { name: 'The archive is empty' }).waitFor()
  await mina.getByRole('tab', { name: 'All' }).click()
  await shows('Keep three,Keep one')

  await item(mina, 'Keep one').getByRole('button', { name: 'More: Keep one' }).click()
  await mina.getByRole('menuitem', { name: 'Mark as unread' }).click()
  for (const tab of [mina, other]) await hasUnread(tab, 2)
  expect(people.complaints).toEqual([])
})

test('one finds by parts of words, sees who has read what one has sent, and one’s own is not unread', async () => {
  const { origin } = herald.server
  const joon = await startSender(origin, 'joon')
  await joon.send('topic:builds', 'Haystack', '바늘은 여기에 있습니다 NeedLE')
  await joon.send('user:sora', 'Not for Mina: needle')
  const mina = await people.enter(origin, 'Mina Kim')
  const search = mina.getByRole('searchbox', { name: 'Search' })
  await mina.keyboard.press('/')
  await mina.keyboard.type('needle 바늘')
  await until(async () => (await titles(mina)).join() === 'Haystack', patience)
  expect(await mina.evaluate(() => location.pathname)).toBe('/search')
  // What arrives and fits is found too.
  await joon.send('all', 'needle 바늘 again')
  await until(async () => (await titles(mina)).join() === 'needle 바늘 again,Haystack', patience)
  await mina.reload()
  await until(async () => (await titles(mina)).length === 2, patience)
  expect(await search.inputValue()).toBe('needle 바늘')
  await search.fill('nothing like it')
  await mina.getByRole('heading', { name: 'Nothing found' }).waitFor()

  await mina.getByRole('tab', { name: 'Sent' }).click()
  const other = await people.openTab(mina)
  await hasUnread(mina, 2)
  await mina.getByRole('textbox', { name: 'Title' }).fill('Read me')
  await mina.getByRole('button', { name: 'Send' }).click()
  await toasted(mina, 'Sent to everyone')
  for (const tab of [mina, other]) {
    await item(tab, 'Read me').getByText('Read by 0 of 3').waitFor()
    await hasUnread(tab, 2)
  }
  const list = await joon.list()
  await joon.read(list.find(({ title }) => title === 'Read me')!.id)
  for (const tab of [mina, other]) await item(tab, 'Read me').getByText('Read by 1 of 3').waitFor()
  await item(mina, 'Read me').locator('[data-title]').click()
  const dialog = mina.getByRole('dialog', { name: 'Read me' })
  await dialog.getByText('Joon Park').waitFor()
  await herald.sora.read(list.find(({ title }) => title === 'Read me')!.id)
  await dialog.getByText('Joon Park, Sora Lee').waitFor()
  expect(people.complaints).toEqual([])
})

test('what is written offline waits in every tab and over a reload, can be cancelled, and is sent once', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  const other = await people.openTab(mina)
  let isAway = true
  const keys: string[] = []
  await mina.context().route('**/api/notifications', async (route) => {
    const request = route.request()
    if (request.method() !== 'POST') return route.continue()
    if (isAway) return route.abort()
    keys.push(String(request.headers()['idempotency-key']))
    return route.continue()
  })
  for (const title of ['Waits', 'Changes its mind', 'Waits too']) {
    await mina.getByRole('textbox', { name: 'Title' }).fill(title)
    await mina.getByRole('button', { name: 'Send' }).click()
    await mina.getByTestId('outbox').getByText(title, { exact: true }).waitFor()
  }
  // What is not sent yet does not look like what was.
  await toasted(mina, 'The server cannot be reached')
  expect(new Set(await takePassed(mina, 'toastKind'))).toEqual(new Set(['kept']))
  await other.getByTestId('outbox').getByText('Waits too').waitFor()
  await other.getByRole('button', { name: 'Cancel: Changes its mind' }).click()
  await mina.getByText('Changes its mind').waitFor({ state: 'detached' })
  await mina.reload()
  await mina.getByTestId('outbox').getByText('Waits too').waitFor()
  isAway = false
  for (const tab of [mina, other]) {
    await tab.getByTestId('outbox').waitFor({ state: 'detached' })
    await item(tab, 'Waits too').waitFor()
  }
  // A tab may post what the other one has just sent, because its copy of the storage lags: the key makes it one.
  expect(new Set(keys).size).toBe(2)
  const sent = (await herald.sora.list()).map(({ title }) => title)
  expect(sent.filter((title) => /^Waits|^Changes/.test(title))).toEqual(['Waits too', 'Waits'])
  expect(people.complaints).toEqual([])
})

test('the tools of the demo are folded until somebody opens them, and nothing moves when the line breaks', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim', {
    storageState: { cookies: [], origins: [] },
  })
  const cut = mina.getByRole('button', { name: 'Cut the line' })
  await mina.getByText('Demo tools').waitFor()
  expect(await cut.isVisible()).toBe(false)
  await mina.getByText('Demo tools').click()
  await cut.waitFor()
  await mina.reload()
  await cut.waitFor()
  await live(mina)
  const top = () => mina.locator('#inbox-title').evaluate((title) => title.getBoundingClientRect().top)
  const before = await top()
  await mina.route('**/api/line/refuse', (route) => route.continue({ postData: '{"seconds":8}' }))
  await mina.getByRole('button', { name: 'Go offline' }).click()
  await mina.getByTestId('offline').getByText('Live updates are interrupted').waitFor()
  expect(await top()).toBe(before)
  // Sending goes another way.
  await mina.getByRole('textbox', { name: 'Title' }).fill('Sent while interrupted')
  await mina.getByRole('button', { name: 'Send' }).click()
  await toasted(mina, 'Sent to everyone')
  expect(people.complaints).toEqual([])
})
