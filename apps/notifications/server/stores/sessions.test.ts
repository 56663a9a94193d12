import { expect, test } from 'vitest'
import { openDatabase } from '../database/database.ts'
import { atOnce } from '../database/work.ts'
import { findPerson } from '../directory.ts'
import { createSessionStore, sessionLasts } from './sessions.ts'

const mina = findPerson('mina')!

test('a key opens its session until it is ended, in every process that has the database', () => {
  const database = openDatabase(':memory:')
  const [node, other] = [atOnce(database, createSessionStore()), atOnce(database, createSessionStore())]
  const [key, second] = [node.begin(mina), node.begin(mina)]
  const session = other.find(key)!
  expect(session.person).toBe(mina)
  expect(node.find(second)!.id).not.toBe(session.id)
  other.end(session)
  expect(node.find(key)).toBeUndefined()
  expect(node.find(second)?.person).toBe(mina)
})

test('a session ends by itself, and leaves nothing', () => {
  const database = openDatabase(':memory:')
  let now = 1_000
  const sessions = atOnce(
    database,
    createSessionStore(() => now),
  )
  const key = sessions.begin(mina)
  now += sessionLasts - 1
  expect(sessions.find(key)).toBeDefined()
  now += 1
  expect(sessions.find(key)).toBeUndefined()
  sessions.begin(mina)
  expect(database.prepare('SELECT count(*) AS count FROM sessions').get()).toEqual({ count: 1 })
})

test('the database does not hold what a browser signs in with', () => {
  const database = openDatabase(':memory:')
  const sessions = atOnce(database, createSessionStore())
  const key = sessions.begin(mina)
  const rows = JSON.stringify(database.prepare('SELECT * FROM sessions').all())
  expect(rows).not.toContain(key)
  expect(rows).not.toContain('undefined')
  expect(sessions.find(sessions.find(key)!.id)).toBeUndefined()
})

test.each(['', 'x', 'undefined', '%', 'a'.repeat(100_000)])('%.20s opens nothing', (key) => {
  expect(atOnce(openDatabase(':memory:'), createSessionStore()).find(key)).toBeUndefined()
})
