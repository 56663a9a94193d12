import { expect, test, vi } from 'vitest'
import { startApp } from '../../../test/start-app.ts'

const draft = { to: 'all', title: 'Hello', body: '' }

async function startWithMany() {
  const testApp = await startApp()
  const [mina, joon] = [await testApp.as('mina'), await testApp.as('joon')]
  for (const to of ['all', 'user:mina', 'topic:builds', 'user:joon', 'topic:releases', 'user:mina', 'all']) {
    await joon
      .post('/api/notifications')
      .send({ ...draft, to })
      .expect(201)
  }
  const list = async (query: string) => {
    const { body } = await mina.get(`/api/notifications?${query}`).expect(200)
    return {
      ids: body.notifications.map(({ id }: { id: number }) => id),
      next: body.next,
      unread: body.unread,
    }
  }
  return { ...testApp, mina, joon, list }
}

test('“next” is where the next page begins, null on the last one', async () => {
  const { list } = await startWithMany()
  expect(await list('limit=4')).toEqual({ ids: [7, 6, 5, 3], next: 3, unread: 6 })
  expect(await list('limit=4&before=3')).toEqual({ ids: [2, 1], next: null, unread: 6 })
  expect(await list('limit=6')).toMatchObject({ next: null })
  expect(await list('before=1')).toEqual({ ids: [], next: null, unread: 6 })
})

test('what arrives between two pages neither repeats nor hides anything', async () => {
  const { mina, list } = await startWithMany()
  const { next } = await list('limit=2')
  await mina.post('/api/notifications').send(draft).expect(201)
  expect((await list(`limit=2&before=${next}`)).ids).toEqual([5, 3])
})

test('filters: unread, direct, a topic, and together', async () => {
  const { mina, list } = await startWithMany()
  await mina.post('/api/notifications/read').send({ ids: [6, 3] })
  expect(await list('filter=unread')).toEqual({ ids: [7, 5, 2, 1], next: null, unread: 4 })
  expect(await list('filter=unread&limit=2')).toEqual({ ids: [7, 5], next: 5, unread: 4 })
  expect(await list('filter=direct')).toEqual({ ids: [6, 2], next: null, unread: 4 })
  expect(await list('topic=builds')).toEqual({ ids: [3], next: null, unread: 4 })
  expect((await list('topic=builds&filter=unread')).ids).toEqual([])
  expect((await list('topic=security')).ids).toEqual([])
})

test.each(['limit=0', 'limit=201', 'limit=x', 'before=0', 'before=-1', 'filter=mine', 'limit=1&limit=2'])(
  '%s answers 400',
  async (query) => {
    const { as } = await startApp()
    const mina = await as('mina')
    const { body } = await mina.get(`/api/notifications?${query}`).expect(400)
    expect(body.errors[0].pointer).toBe(`/${query.split('=')[0]}`)
  },
)

test('everything up to an id is read at once, and told to all tabs of the reader', async () => {
  const testApp = await startWithMany()
  await testApp.mina.post('/api/notifications/read-all').send({ upTo: 6 }).expect(204)
  expect(testApp.hub.publish).toHaveBeenCalledWith('user:mina', { upTo: 6 }, { event: 'read-all' })
  expect(await testApp.list('filter=unread')).toEqual({ ids: [7], next: null, unread: 1 })
  const sora = await testApp.as('sora')
  expect((await sora.get('/api/notifications')).body.unread).toBe(3)
})

test('of one topic alone; again is told no more', async () => {
  const testApp = await startWithMany()
  const readAll = () =>
    testApp.mina.post('/api/notifications/read-all').send({ upTo: 7, topic: 'builds' }).expect(204)
  await readAll()
  expect(testApp.hub.publish).toHaveBeenCalledWith(
    'user:mina',
    { upTo: 7, topic: 'builds' },
    { event: 'read-all' },
  )
  expect((await testApp.list('filter=unread')).ids).toEqual([7, 6, 5, 2, 1])
  const calls = vi.mocked(testApp.hub.publish).mock.calls.length
  await readAll()
  expect(vi.mocked(testApp.hub.publish).mock.calls).toHaveLength(calls)
})

test('what has not been sent yet cannot be read', async () => {
  const { mina, joon, list } = await startWithMany()
  await mina.post('/api/notifications/read-all').send({ upTo: 1_000_000 }).expect(204)
  await joon.post('/api/notifications').send(draft).expect(201)
  expect((await list('filter=unread')).ids).toEqual([8])
})

test.each([
  ['a topic that one does not follow', { upTo: 1, topic: 'security' }, 404],
  ['a topic that there is not', { upTo: 1, topic: 'gardening' }, 404],
  ['no id', {}, 400],
  ['an id that is none', { upTo: 0 }, 400],
])('read-all with %s answers with a problem', async (_, body, status) => {
  const { as } = await startApp()
  const mina = await as('mina')
  await mina.post('/api/notifications/read-all').send(body).expect(status)
})
