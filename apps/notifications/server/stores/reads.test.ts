import { beforeEach, expect, test } from 'vitest'
import type { Place, Recipient } from '../../shared/schemas.ts'
import { createRandom, seed } from '../../test/faults/random.ts'
import { openDatabase } from '../database/database.ts'
import { atOnce } from '../database/work.ts'
import { findPerson } from '../directory.ts'
import { createStores } from './stores.ts'

const mina = findPerson('mina')!
const joon = findPerson('joon')!
const channels: Recipient[] = ['all', 'user:mina', 'topic:builds']

let database: ReturnType<typeof openDatabase>
const createTestStores = () => atOnce(database, createStores())
let stores: ReturnType<typeof createTestStores>
beforeEach(() => {
  database = openDatabase(':memory:')
  stores = createTestStores()
  return () => database.close()
})

const send = (to: Recipient) => stores.notifications.add(joon, { to, title: 'x', body: '' }).id
const exceptions = () => Number(database.prepare('SELECT count(*) AS n FROM reads').get()?.['n'])
const unread = () => stores.inbox.unread(mina, channels)

test('what was read one by one does not pile up', () => {
  for (let n = 0; n < 50; n++) stores.reads.markRead(mina, channels, [send('all')])
  expect(exceptions()).toBe(0)
  expect(unread()).toBe(0)
})

test('what was read out of turn is an exception until the ones before it are read', () => {
  const [first, second, third] = [send('all'), send('all'), send('all')] as const
  expect(stores.reads.markRead(mina, channels, [third, second])).toEqual([second, third])
  expect([exceptions(), unread()]).toEqual([2, 1])
  expect(stores.reads.markRead(mina, channels, [third, first])).toEqual([first])
  expect([exceptions(), unread()]).toEqual([0, 0])
})

test('everything up to an id is read, and nothing that comes later, whatever the id', () => {
  const [, second] = [send('all'), send('user:mina'), send('topic:builds')]
  expect(stores.reads.markAllRead(mina, channels, second)).toBe(second)
  expect(unread()).toBe(1)
  expect(stores.reads.markAllRead(mina, channels, Number.MAX_SAFE_INTEGER)).toBe(3)
  expect(unread()).toBe(0)
  send('all')
  expect(unread()).toBe(1)
})

test('a mark never goes back', () => {
  for (let n = 0; n < 5; n++) send('all')
  stores.reads.markAllRead(mina, channels, 4)
  expect(stores.reads.markAllRead(mina, channels, 2)).toBeUndefined()
  expect(unread()).toBe(1)
})

test('nothing is read where there is nothing', () => {
  expect(stores.reads.markAllRead(mina, channels, 7)).toBeUndefined()
  send('all')
  expect(unread()).toBe(1)
})

test(`whatever is sent and read in whatever order, the list and the count agree with a plain record of it (SSE_SEED=${seed})`, () => {
  const random = createRandom(seed)
  /** The same, kept as one would without a thought for size. */
  const record: { id: number; to: Recipient; read: boolean; place: Place }[] = []
  const to = (): Recipient => random.pick<Recipient>([...channels, 'user:joon'])

  for (let step = 0; step < 600; step++) {
    const what = random.between(0, 9)
    if (what < 5) {
      const channel = to()
      record.push({ id: send(channel), to: channel, read: false, place: 'inbox' })
    } else if (what < 8) {
      const ids = Array.from({ length: random.between(1, 4) }, () => random.between(1, record.length + 2))
      const wanted = record.filter((one) => ids.includes(one.id) && channels.includes(one.to) && !one.read)
      expect(stores.reads.markRead(mina, channels, ids).sort((a, b) => a - b)).toEqual(
        wanted.map(({ id }) => id),
      )
      for (const one of wanted) one.read = true
    } else if (what < 9) {
      const ids = Array.from({ length: random.between(1, 4) }, () => random.between(1, record.length + 2))
      const mine = record.filter((one) => ids.includes(one.id) && channels.includes(one.to))
      const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b)
      if (random.between(0, 1) === 0) {
        const wanted = mine.filter((one) => one.read && one.place === 'inbox')
        expect(sorted(stores.reads.markUnread(mina, channels, ids))).toEqual(wanted.map(({ id }) => id))
        for (const one of wanted) one.read = false
      } else {
        const to = random.pick<Place>(['inbox', 'archived', 'deleted'])
        const wanted = mine.filter((one) => one.place !== to)
        if (to !== 'inbox') stores.reads.markRead(mina, channels, ids)
        expect(sorted(stores.places.move(mina, channels, ids, to))).toEqual(wanted.map(({ id }) => id))
        for (const one of mine) Object.assign(one, { place: to, read: one.read || to !== 'inbox' })
      }
    } else {
      const some = random.pick([channels, [random.pick(channels)]])
      const upTo = random.between(0, record.length + 4)
      stores.reads.markAllRead(mina, some, upTo)
      for (const one of record) if (one.id <= upTo && some.includes(one.to)) one.read = true
    }
    const kept = record.filter((one) => channels.includes(one.to)).reverse()
    const mine = kept.filter(({ place }) => place === 'inbox')
    const expected = mine.filter((one) => !one.read).map(({ id }) => id)
    expect(unread()).toBe(expected.length)
    const page = stores.inbox.page(mina, { channels, limit: 1000 }).notifications
    expect(page.map(({ id, read }) => [id, read])).toEqual(mine.map(({ id, read }) => [id, read]))
    const onlyUnread = stores.inbox.page(mina, { channels, limit: 1000, unread: true }).notifications
    expect(onlyUnread.map(({ id }) => id)).toEqual(expected)
    const archived = stores.inbox.archived(mina, { channels, limit: 1000 }).notifications
    expect(archived).toMatchObject(
      kept
        .filter(({ place }) => place === 'archived')
        .map(({ id }) => ({ id, read: true, place: 'archived' })),
    )
  }
})
