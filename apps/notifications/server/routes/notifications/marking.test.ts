import { expect, test } from 'vitest'
import { startApp } from '../../../test/start-app.ts'

/** Mina, and what she lists; Joon has sent four: to all, to her, to a topic of both and to Sora. */
async function startWithFour() {
  const testApp = await startApp()
  const [mina, joon, sora] = [await testApp.as('mina'), await testApp.as('joon'), await testApp.as('sora')]
  for (const to of ['all', 'user:mina', 'topic:builds', 'user:sora']) {
    await joon
      .post('/api/notifications')
      .send({ to, title: `To ${to}`, body: 'https://example.com' })
      .expect(201)
  }
  const list = async (query = '') => {
    const { body } = await mina.get(`/api/notifications${query}`).expect(200)
    const ids = body.notifications.map(({ id, read }: { id: number; read: boolean }) => (read ? -id : id))
    return { ids, unread: body.unread }
  }
  const mark = (path: string, body: object) => mina.post(`/api/notifications/${path}`).send(body).expect(204)
  /** What Mina's tabs were told since the last time. */
  let seen = testApp.published.length
  const told = () => {
    const news = testApp.published.slice(seen).filter(({ channels }) => channels === 'user:mina')
    seen = testApp.published.length
    return news.map(({ event, data }) => [event, data])
  }
  return { ...testApp, mina, joon, sora, list, mark, told }
}

test('what was read one by one, or all at once, is unread again; what one does not see is not', async () => {
  const { list, mark, told } = await startWithFour()
  await mark('read', { ids: [2] })
  await mark('read-all', { upTo: 3 })
  expect(await list()).toEqual({ ids: [-3, -2, -1], unread: 0 })
  told()
  await mark('unread', { ids: [1, 3, 4, 99] })
  expect(told()).toEqual([['unread', { ids: [1, 3] }]])
  expect(await list('?filter=unread')).toEqual({ ids: [3, 1], unread: 2 })
  await mark('unread', { ids: [1] })
  expect(told()).toEqual([])
  await mark('read', { ids: [1] })
  await mark('read-all', { upTo: 3 })
  expect(told()).toEqual([
    ['read', { ids: [1] }],
    ['read-all', { upTo: 3 }],
  ])
  expect(await list()).toEqual({ ids: [-3, -2, -1], unread: 0 })
})

test('what is archived is read, listed in the archive and found; undone, it is unread in the inbox again', async () => {
  const { list, mark, told } = await startWithFour()
  told()
  await mark('move', { ids: [1, 4], to: 'archived' })
  expect(told()).toEqual([
    ['read', { ids: [1] }],
    ['moved', { ids: [1], to: 'archived' }],
  ])
  expect(await list()).toEqual({ ids: [3, 2], unread: 2 })
  expect((await list('?filter=archived')).ids).toEqual([-1])
  expect((await list('?search=to%20all')).ids).toEqual([-1])
  // What is in the archive has been dealt with.
  await mark('unread', { ids: [1] })
  expect(told()).toEqual([])

  await mark('move', { ids: [1], to: 'inbox', unread: true })
  expect(told()).toEqual([
    ['moved', { ids: [1], to: 'inbox' }],
    ['unread', { ids: [1] }],
  ])
  expect(await list()).toEqual({ ids: [3, 2, 1], unread: 3 })
  expect((await list('?filter=archived')).ids).toEqual([])
})

test('what one deletes is gone for oneself, and for nobody else; the sender still has it', async () => {
  const { mina, joon, list, mark } = await startWithFour()
  await mark('move', { ids: [1, 2], to: 'deleted' })
  expect(await list()).toEqual({ ids: [3], unread: 1 })
  for (const query of ['?filter=archived', '?search=user:mina', '?filter=direct'])
    expect((await list(query)).ids).toEqual([])
  await mina.get('/api/notifications/1').expect(404)
  expect((await joon.get('/api/notifications/1').expect(200)).body).toMatchObject({ id: 1, place: 'inbox' })
  expect((await joon.get('/api/notifications?filter=sent')).body.notifications).toHaveLength(4)
  await mark('move', { ids: [2], to: 'inbox', unread: true })
  expect(await list()).toEqual({ ids: [3, 2], unread: 2 })
})

test('who has sent something sees who has read it, and is told at once; nobody else is', async () => {
  const { mina, joon, sora, mark, hub } = await startWithFour()
  const sent = async () => {
    const { body } = await joon.get('/api/notifications?filter=sent').expect(200)
    return body.notifications.map(({ id, readers }: { id: number; readers: object }) => [id, readers])
  }
  expect(await sent()).toEqual([
    [4, { read: [], of: 1 }],
    [3, { read: [], of: 2 }],
    [2, { read: [], of: 1 }],
    [1, { read: [], of: 3 }],
  ])
  await mark('read', { ids: [1, 2] })
  expect(hub.publish).toHaveBeenLastCalledWith(
    ['user:joon'],
    { by: 'mina' },
    { event: 'seen', volatile: true },
  )
  await sora.post('/api/notifications/read-all').send({ upTo: 4 }).expect(204)
  expect(hub.publish).toHaveBeenLastCalledWith(
    ['user:joon'],
    { by: 'sora' },
    { event: 'seen', volatile: true },
  )
  await mark('unread', { ids: [2] })
  expect(await sent()).toEqual([
    [4, { read: ['sora'], of: 1 }],
    [3, { read: [], of: 2 }],
    [2, { read: [], of: 1 }],
    [1, { read: ['mina', 'sora'], of: 3 }],
  ])
  expect((await mina.get('/api/notifications/1').expect(200)).body.readers).toBeUndefined()
  expect((await joon.get('/api/notifications/4').expect(200)).body.readers).toEqual({ read: ['sora'], of: 1 })
  await mina.get('/api/notifications/4').expect(404)
})

test('what one sends and does not receive is told to one’s other tabs', async () => {
  const { mina, told } = await startWithFour()
  told()
  for (const to of ['user:joon', 'all', 'topic:security'])
    await mina.post('/api/notifications').send({ to, title: 'x', body: '' }).expect(201)
  expect(told()).toMatchObject([
    ['sent', { id: 5, to: 'user:joon' }],
    ['sent', { id: 7, to: 'topic:security' }],
  ])
})

test.each(['search=', 'search=%20', `search=${'x'.repeat(101)}`, 'filter=deleted'])(
  'a list of “%s” answers 400',
  async (query) => {
    const { as } = await startApp()
    await (await as('mina')).get(`/api/notifications?${query}`).expect(400)
  },
)

test.each([
  ['unread', { ids: [] }],
  ['move', { ids: [1], to: 'elsewhere' }],
  ['move', { to: 'inbox' }],
])('%s with %j answers 400', async (path, body) => {
  const { as } = await startApp()
  await (await as('mina')).post(`/api/notifications/${path}`).send(body).expect(400)
})
