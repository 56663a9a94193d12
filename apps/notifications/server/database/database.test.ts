import { chmodSync, copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { findPerson, people, topics } from '../directory.ts'
import { createStores } from '../stores/stores.ts'
import { openDatabase } from './database.ts'
import { atOnce } from './work.ts'

const folder = mkdtempSync(join(tmpdir(), 'notifications-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const mina = findPerson('mina')!
const joon = findPerson('joon')!

test('notifications, what was read, what is followed and who is signed in survive a restart', () => {
  const file = join(folder, 'not/yet/there.sqlite')

  const first = openDatabase(file)
  const before = atOnce(first, createStores())
  const key = before.sessions.begin(mina)
  before.notifications.add(joon, { to: 'all', title: 'One', body: '' })
  before.notifications.add(joon, { to: 'all', title: 'Two', body: '' })
  before.reads.markRead(mina, ['all'], [1])
  before.topics.set('following', mina, 'security', true)
  before.topics.set('muted', mina, 'builds', true)
  first.close()

  const second = openDatabase(file)
  const after = atOnce(second, createStores())
  expect(after.inbox.page(mina, { channels: ['all'], limit: 10 }).notifications).toMatchObject([
    { id: 2, title: 'Two', read: false },
    { id: 1, title: 'One', read: true },
  ])
  expect(after.topics.of(mina)).toEqual({ following: ['releases', 'builds', 'security'], muted: ['builds'] })
  expect(after.sessions.find(key)?.person).toBe(mina)
  second.close()
})

test('a file of version 1 keeps its notifications, what was read and its log', () => {
  // Written by the program of that version: ten notifications, four that Mina has read and one that Joon has.
  const file = join(folder, 'version-1.sqlite')
  copyFileSync(join(import.meta.dirname, '../../test/version-1.db'), file)

  const old = new DatabaseSync(file)
  const entries = old.prepare('SELECT * FROM sse_entries').all()
  expect(entries.length).toBeGreaterThan(10)
  old.close()

  const database = openDatabase(file)
  const { inbox, reads, topics, notifications } = atOnce(database, createStores())
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 5 })
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([])
  expect(database.prepare('SELECT * FROM sse_entries').all()).toEqual(entries)
  expect(database.prepare("SELECT * FROM sqlite_schema WHERE name = 'secrets'").all()).toEqual([])

  const channels = topics.channelsOf(mina)
  expect(channels).toEqual(['all', 'user:mina', 'topic:releases', 'topic:builds'])
  const list = () =>
    inbox.page(mina, { channels, limit: 50 }).notifications.map(({ id, read }) => (read ? -id : id))
  expect(list()).toEqual([9, -8, 7, 6, -5, 3, -2, -1])
  expect(inbox.unread(mina, channels)).toBe(4)
  expect(inbox.find(mina, channels, 7)).toMatchObject({
    to: 'user:mina',
    from: 'sora',
    title: 'Number 7',
    body: '여러 줄\n<b>as text</b>',
    read: false,
  })
  expect(inbox.unread(joon, ['user:joon'])).toBe(0)

  expect(inbox.search(mina, 'as text', { channels, limit: 10 }).notifications.map(({ id }) => id)).toContain(
    7,
  )

  // And goes on from there.
  expect(notifications.add(joon, { to: 'all', title: 'Number 11', body: '' }).id).toBe(11)
  expect(inbox.unread(mina, channels)).toBe(5)
  expect(inbox.search(mina, 'umber 11', { channels, limit: 10 }).notifications).toMatchObject([{ id: 11 }])
  expect(reads.markAllRead(mina, channels)).toBe(11)
  expect(inbox.unread(mina, channels)).toBe(0)
  database.close()
})

test('a new file has the directory’s topics as what everybody follows', () => {
  const database = openDatabase(':memory:')
  const { topics: store } = atOnce(database, createStores())
  for (const person of people) {
    expect(store.of(person)).toEqual({ following: person.firstTopics, muted: [] })
  }
  expect(store.channelsOf(findPerson('admin')!)).toHaveLength(topics.length + 2)
  database.close()
})

test('a file of a newer version is refused in words, and left as it is', () => {
  const file = join(folder, 'newer.sqlite')
  const newer = openDatabase(file)
  newer.exec('PRAGMA user_version = 99')
  newer.close()
  expect(() => openDatabase(file)).toThrow(/newer\.sqlite is of version 99.*DATABASE_FILE=/)
})

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8)

test('nobody else of the machine may read the database and what SQLite keeps beside it', () => {
  const file = join(folder, 'private/own.sqlite')
  const database = openDatabase(file)
  for (const end of ['', '-wal', '-shm']) expect([end, modeOf(`${file}${end}`)]).toEqual([end, '600'])
  expect(modeOf(join(folder, 'private'))).toBe('700')
  database.close()
})

test('files that an earlier version has left for everybody to read are so no more', () => {
  const file = join(folder, 'open.sqlite')
  const old = new DatabaseSync(file)
  old.exec('PRAGMA journal_mode = WAL; CREATE TABLE kept (a)')
  for (const end of ['', '-wal', '-shm']) chmodSync(`${file}${end}`, 0o644)
  const database = openDatabase(file)
  for (const end of ['', '-wal', '-shm']) expect([end, modeOf(`${file}${end}`)]).toEqual([end, '600'])
  database.close()
  old.close()
  writeFileSync(`${file}-wal`, '', { mode: 0o644 })
  openDatabase(file).close()
})
