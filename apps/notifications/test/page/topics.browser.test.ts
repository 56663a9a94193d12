import { takePassed, until } from '@sse/testbed'
import { beforeEach, expect, test } from 'vitest'
import { startSender } from '../start-server.ts'
import { hasUnread, item, patience, withHerald, withPeople } from './people.ts'
import { startOver } from './start-over.ts'

const people = withPeople()
const herald = withHerald()
beforeEach(() => startOver(herald.server.origin))

test('what a muted topic brings is listed, and nothing else, in every tab', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  const other = await people.openTab(mina)
  await herald.sora.send('topic:builds', 'Mute me')
  await item(mina, 'Mute me').getByRole('button', { name: 'More: Mute me' }).click()
  await mina.getByRole('menuitem', { name: 'Mute Builds' }).click()
  for (const tab of [mina, other]) await hasUnread(tab, 0)

  await herald.sora.send('topic:builds', 'Unheard')
  await herald.sora.send('user:mina', 'Audible')
  for (const tab of [mina, other]) {
    await item(tab, 'Audible').waitFor()
    await item(tab, 'Unheard').and(tab.locator('[data-muted]')).waitFor()
    expect(await takePassed(tab, 'toast')).not.toContain('Unheard')
    await hasUnread(tab, 1)
  }
  await mina.getByRole('button', { name: 'Manage topics' }).click()
  await mina.getByRole('switch', { name: 'Mute Builds' }).click()
  for (const tab of [mina, other]) await hasUnread(tab, 3)
  expect(people.complaints).toEqual([])
})

test('a topic is followed and left on the connection that is open, in every tab', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  const other = await people.openTab(mina)
  let streams = 0
  mina.context().on('request', (request) => {
    if (request.method() === 'GET' && new URL(request.url()).pathname === '/events') streams++
  })
  const joon = await startSender(herald.server.origin, 'joon')
  await joon.send('topic:security', 'Before')

  await mina.getByRole('button', { name: 'Manage topics' }).click()
  // What does not arrive cannot arrive silently.
  expect(await mina.getByRole('switch', { name: 'Mute Security' }).count()).toBe(0)
  await mina.getByRole('switch', { name: 'Follow Security' }).click()
  await mina.getByRole('switch', { name: 'Mute Security' }).waitFor()
  for (const tab of [mina, other])
    await tab.getByRole('tab', { name: 'Security', includeHidden: true }).waitFor({ state: 'attached' })
  await until(
    async () => (await mina.getByTestId('line-log').textContent())?.includes('Follows 5 channels'),
    patience,
  )
  await joon.send('topic:security', 'Live on it')
  for (const tab of [mina, other]) {
    await item(tab, 'Live on it').waitFor()
    await item(tab, 'Before').waitFor()
    await hasUnread(tab, 1)
  }

  await mina.getByRole('switch', { name: 'Follow Security' }).click()
  for (const tab of [mina, other]) await item(tab, 'Live on it').waitFor({ state: 'detached' })
  await until(
    // The newest line about channels: events may have come since.
    async () =>
      (await mina.getByTestId('line-log').textContent())?.match(/Follows (\d+) channels/)?.[1] === '4',
    patience,
  )
  await joon.send('topic:security', 'Not any more')
  await joon.send('all', 'Last')
  for (const tab of [mina, other]) {
    await item(tab, 'Last').waitFor()
    expect(await item(tab, 'Not any more').count()).toBe(0)
  }
  expect(streams).toBe(0)
  expect(people.complaints).toEqual([])
})
