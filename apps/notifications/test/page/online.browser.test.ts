import { beforeEach, expect, test } from 'vitest'
import { withHerald, withPeople } from './people.ts'
import { startOver } from './start-over.ts'

const people = withPeople()
const herald = withHerald()
beforeEach(() => startOver(herald.server.origin))

test('who is online is shown, each once, not after their last tab is closed, and nobody while that is not known', async () => {
  const mina = await people.enter(herald.server.origin, 'Mina Kim')
  const online = mina.getByTestId('online')
  const joon = await people.enter(herald.server.origin, 'Joon Park')
  await people.openTab(joon)
  await mina.locator('[data-testid="online"][title*="Joon Park"]').waitFor()
  const names = (await online.getAttribute('title'))?.split(', ') ?? []
  expect(names.filter((name) => name === 'Joon Park')).toHaveLength(1)
  expect(await online.textContent()).toContain(`${names.length} online`)
  await joon.context().close()
  await mina.locator('[data-testid="online"]:not([title*="Joon Park"])').waitFor()

  await mina.context().route('**/events*', (route) => route.abort())
  await mina.getByRole('button', { name: 'Cut the line' }).click()
  await online.getByText('Who is online is not known until the connection is back').waitFor()
  expect(await online.getAttribute('title')).not.toContain('Mina Kim')
  await mina.context().unrouteAll()
  await mina.locator('[data-testid="online"][title="Mina Kim"]').waitFor()
  expect(people.complaints).toEqual([])
})
