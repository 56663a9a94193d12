import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { findPerson } from './directory.ts'
import { createNotificationStore } from './notifications.ts'
import { storedSecret } from './session.ts'

const folder = mkdtempSync(join(tmpdir(), 'notifications-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('notifications, what was read and the secret of the sessions survive a restart', () => {
  const file = join(folder, 'not/yet/there.sqlite')
  const mina = findPerson('mina')!
  const now = () => new Date('2026-11-21T12:00:00Z')

  const first = openDatabase(file)
  const secret = storedSecret(first)
  const store = createNotificationStore(first, now)
  store.add(mina, { to: 'all', title: 'One', body: '' })
  store.add(mina, { to: 'all', title: 'Two', body: '' })
  store.markRead(mina, [1])
  first.close()

  const second = openDatabase(file)
  expect(storedSecret(second)).toBe(secret)
  expect(createNotificationStore(second).list(mina)).toMatchObject([
    { id: 2, title: 'Two', read: false, createdAt: '2026-11-21T12:00:00.000Z' },
    { id: 1, title: 'One', read: true },
  ])
  second.close()
})
