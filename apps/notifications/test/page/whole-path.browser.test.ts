/** From one browser, or a program, through the server and its log to another browser; and over the death of the server. */
import { takePassed, until } from '@sse/testbed'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startSender, startServer } from '../start-server.ts'
import {
  hasUnread,
  item,
  live,
  lookElsewhere,
  offline,
  patience,
  said,
  shown,
  toasted,
  withHerald,
  withPeople,
} from './people.ts'
import { startOver } from './start-over.ts'

vi.setConfig({ testTimeout: 120_000 })
const people = withPeople()
const herald = withHerald()
beforeEach(() => startOver(herald.server.origin))

const enter = (name: string) => people.enter(herald.server.origin, name)

/** In the short form the page as it is built; `page.test.ts` asks for all that the page in development is made of. */
const modes =
  process.env['SSE_FAULTS'] === 'long' ? (['production', 'development'] as const) : (['production'] as const)

test('a notification posted from outside is on the page: list, bell, and a toast where the list does not show it; and what one writes there arrives in another browser', async () => {
  const [mina, joon] = [await enter('Mina Kim'), await enter('Joon Park')]

  await herald.sora.send('user:mina', 'For Mina alone', '여러 줄\n<b>as text</b>')
  // It is on the screen, so only those who do not see it are told.
  await said(mina, 'New notification: For Mina alone')
  await mina.getByRole('heading', { name: 'For Mina alone' }).waitFor()
  await mina.locator('article').getByText('<b>as text</b>').waitFor()
  await hasUnread(mina, 1)
  expect(await mina.title()).toBe('(1) Herald')
  expect(await takePassed(mina, 'toast')).toEqual([])

  await lookElsewhere(joon)
  await herald.sora.send('all', 'For everyone')
  await toasted(joon, 'For everyone')
  await hasUnread(mina, 2)
  expect(await joon.getByText('For Mina alone').count()).toBe(0)

  await joon.getByRole('tab', { name: 'All' }).click()
  await mina.getByRole('button', { name: 'To: Everyone' }).click()
  await mina.getByRole('option', { name: 'Joon Park' }).click()
  await mina.getByRole('textbox', { name: 'Title' }).fill('Lunch?')
  await mina.getByRole('textbox', { name: 'Message' }).fill('<img src=x onerror=alert(1)>')
  await mina.getByRole('button', { name: 'Send' }).click()

  await joon.getByRole('heading', { name: 'Lunch?' }).waitFor()
  await joon.locator('article').getByText('<img src=x onerror=alert(1)>').waitFor()
  await toasted(mina, 'Sent to Joon Park')
  const title = mina.getByRole('textbox', { name: 'Title' })
  expect(await title.inputValue()).toBe('')
  expect(await title.getAttribute('aria-invalid')).toBeNull()
  expect(await mina.getByRole('button', { name: 'To: Joon Park' }).count()).toBe(1)
  expect(people.complaints).toEqual([])
})

describe.each(modes)('in %s', (mode) => {
  test('killed and started again, the server finds its pages again and they miss nothing', async () => {
    const server = await startServer(mode)
    onTestFinished(server.stop)
    const mina = await people.enter(server.origin, 'Mina Kim')
    const joon = await people.enter(server.origin, 'Joon Park')
    let loads = 0
    mina.on('load', () => loads++)
    let lists = 0
    mina.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url())
      if (pathname === '/api/notifications' && searchParams.get('filter') === 'all') lists++
    })
    const before = await startSender(server.origin, 'mina')
    await before.send('all', 'Before')
    await item(mina, 'Before').waitFor()

    await server.process.kill('SIGKILL')
    await offline(mina)
    await offline(joon)

    // A view that cannot be fetched now is there as soon as the server is back.
    await mina.getByRole('tab', { name: 'Direct' }).click()
    await mina.getByText('The list could not be loaded').waitFor()
    await mina.getByRole('tab', { name: 'All' }).click()
    await item(mina, 'Before').waitFor()
    await mina.getByRole('tab', { name: 'Direct' }).click()
    await mina.getByText('The list could not be loaded').waitFor()

    await server.restart()
    const after = await startSender(server.origin, 'mina')
    await after.send('user:mina', 'While Mina was away')
    await after.send('topic:builds', 'Also for Joon')

    await live(mina)
    await live(joon)
    await item(mina, 'While Mina was away').waitFor()
    await mina.getByRole('tab', { name: 'All' }).click()
    const truth = await after.list()
    expect(truth.map(({ title }) => title)).toEqual(['Also for Joon', 'While Mina was away', 'Before'])
    const holds = (wanted: readonly number[]) => (ids: readonly number[]) => ids.join() === wanted.join()
    await until(async () => holds(truth.map(({ id }) => id))(await shown(mina)), patience)
    await until(async () => holds([3, 1])(await shown(joon)), patience)

    await lookElsewhere(joon)
    await after.send('all', 'And live again')
    await toasted(joon, 'And live again')
    // One has read what one has written, and nobody is told of it.
    expect(await takePassed(mina, 'toast')).not.toContain('And live again')
    await hasUnread(mina, 0)
    // What it missed came by the stream, which has read on over the restart.
    expect({ loads, lists }).toEqual({ loads: 0, lists: 0 })
    expect(people.complaints).toEqual([])
  })
})

test('what is read in one tab is read in the other; and who signs out in one is signed out in both', async () => {
  const mina = await enter('Mina Kim')
  const other = await people.openTab(mina)
  await herald.sora.send('all', 'One')
  await herald.sora.send('topic:builds', 'Two')
  await hasUnread(other, 2)

  await item(mina, 'One').getByRole('button', { name: 'Mark as read: One' }).click()
  await hasUnread(other, 1)

  await mina.getByRole('button', { name: 'Signed in as Mina Kim' }).click()
  await mina.getByRole('menuitem', { name: 'Sign out' }).click()
  for (const page of [mina, other]) await page.getByRole('heading', { name: 'Who are you?' }).waitFor()
  expect(people.complaints).toEqual([])
})
