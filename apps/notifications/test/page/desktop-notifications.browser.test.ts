/** How the page reaches a reader who looks elsewhere: by sound, and on the desktop. */
import { until } from '@sse/testbed'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { item, live, patience, said, withHerald, withPeople } from './people.ts'

const people = withPeople({ whole: true })
const herald = withHerald()

/** Notes what is heard and shown on the desktop, where a test can read it; nobody looks at any tab. */
function keepRecord(): void {
  const record: string[] = []
  Object.assign(window, { record })
  document.hasFocus = () => false
  const show = ServiceWorkerRegistration.prototype.showNotification
  ServiceWorkerRegistration.prototype.showNotification = function (title, options) {
    record.push(`desktop ${title}`)
    return show.call(this, title, options)
  }
  const start = OscillatorNode.prototype.start
  OscillatorNode.prototype.start = function (when) {
    record.push('tone')
    return start.call(this, when)
  }
}

/** What a page has recorded. */
const recordOf = (page: Page) => page.evaluate(() => (window as never as { record: string[] }).record)

test('asked for, one tab of three sounds and shows a desktop notification; a click opens it; before, none does', async () => {
  const first = await people.enter(herald.server.origin, 'Mina Kim')
  await first.context().grantPermissions(['notifications'], { origin: herald.server.origin })
  await first.context().addInitScript(keepRecord)
  await first.reload()
  await live(first)
  await herald.sora.send('user:mina', 'Silent')
  await item(first, 'Silent').waitFor()
  await said(first, 'New notification: Silent')
  expect(await recordOf(first)).toEqual([])

  await first.getByRole('button', { name: 'Signed in as Mina Kim' }).click()
  await first.getByRole('menuitemcheckbox', { name: 'Sound' }).click()
  await first.getByRole('menuitemcheckbox', { name: 'Desktop notifications' }).click()
  await until(
    async () =>
      (await first
        .getByRole('menuitemcheckbox', { name: 'Desktop notifications' })
        .getAttribute('aria-checked')) === 'true',
    patience,
  )
  expect(await recordOf(first)).toEqual(['tone', 'tone'])
  await first.keyboard.press('Escape')

  const tabs = [first, await people.openTab(first), await people.openTab(first)]
  await herald.sora.send('user:mina', 'Loud')
  for (const tab of tabs) await item(tab, 'Loud').waitFor()
  const wanted = ['tone', 'tone', 'tone', 'tone', 'desktop Loud'].join()
  await until(async () => (await Promise.all(tabs.map(recordOf))).flat().join() === wanted, patience)

  // What a click does, without the desktop on which to click.
  const worker = first.context().serviceWorkers()[0]
  const shown = await worker?.evaluate(async () => {
    const own = self as never as {
      registration: { getNotifications(): Promise<{ title: string; tag: string }[]> }
      NotificationEvent: new (type: string, options: object) => Event
      dispatchEvent(event: Event): void
    }
    const [notification, ...others] = await own.registration.getNotifications()
    if (notification) own.dispatchEvent(new own.NotificationEvent('notificationclick', { notification }))
    return { title: notification?.title, others: others.length }
  })
  expect(shown).toEqual({ title: 'Loud', others: 0 })
  const opened = Promise.any(tabs.map((tab) => tab.getByRole('dialog', { name: 'Loud' }).waitFor()))
  await opened
  for (const tab of tabs) await item(tab, 'Unread: Loud').waitFor({ state: 'detached' })

  // While somebody looks at one of them, the page is enough.
  await tabs[2]?.evaluate(() => {
    document.hasFocus = () => true
    dispatchEvent(new Event('focus'))
  })
  await herald.sora.send('user:mina', 'Seen')
  for (const tab of tabs) await item(tab, 'Seen').waitFor()
  await until(
    async () => (await Promise.all(tabs.map(recordOf))).flat().filter((one) => one === 'tone').length === 6,
    patience,
  )
  expect((await Promise.all(tabs.map(recordOf))).flat()).not.toContain('desktop Seen')
  expect(people.complaints).toEqual([])
})
