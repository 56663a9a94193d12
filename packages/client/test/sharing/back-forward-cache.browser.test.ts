import { until, withChromium } from '@sse/testbed'
import { expect, test } from 'vitest'
import { patience, startSharing } from './sharing.ts'
import type { TabAccount } from './tab.ts'

const browser = withChromium({ backForwardCache: true })

/** Pages that are taken out of the cache are out of Playwright's sight: they write down for another page what they were told. */
test('a page in the back/forward cache lets go of the lead, and is told what it has missed when it is back', async () => {
  const sharing = await startSharing(await browser.newContext())
  const [leaving, staying] = await sharing.openTabs(2)
  const stop = sharing.stream()
  await sharing.expectNothingLost([leaving!, staying!])
  expect(await leaving!.leads()).toBe(true)

  await leaving!.page.evaluate(() => {
    const { told, client } = window as unknown as {
      told: object
      client: { state: unknown; channels: unknown }
    }
    addEventListener('pageshow', ({ persisted }) => localStorage.setItem('persisted', String(persisted)))
    setInterval(
      () =>
        localStorage.setItem(
          'account',
          JSON.stringify({ ...told, state: client.state, channels: client.channels }),
        ),
      50,
    )
  })
  await leaving!.page.goto(`${sharing.origin}client/index.ts`)
  await until(() => staying!.leads(), patience)
  await sharing.oneConnection()
  await sharing.expectNothingLost([staying!])

  leaving!.page.evaluate(() => history.back()).catch(() => {})
  const written = (key: string) => staying!.page.evaluate((key) => localStorage.getItem(key), key)
  await until(() => written('persisted'), patience)
  expect(await written('persisted')).toBe('true')
  const back = {
    ...leaving!,
    account: async () => JSON.parse((await written('account')) ?? '') as TabAccount,
  }
  await sharing.expectNothingLost([back, staying!])
  stop()
  await sharing.expectNothingLost([back, staying!])
  await sharing.oneConnection()
})
