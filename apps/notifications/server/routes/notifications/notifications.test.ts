import supertest from 'supertest'
import { expect, test } from 'vitest'
import { startApp } from '../../../test/start-app.ts'

const draft = { to: 'all', title: 'Hello', body: 'To everybody' }

test('POST stores the notification, answers 201 with it, and publishes the same', async () => {
  const testApp = await startApp()
  const { as } = testApp
  const mina = await as('mina')
  const { body } = await mina.post('/api/notifications').send(draft).expect(201)

  expect(body).toEqual({ ...draft, id: 1, from: 'mina', createdAt: expect.stringMatching(/^\d{4}-.*Z$/) })
  expect(testApp.published).toEqual([{ channels: 'all', event: 'notification', data: body }])
  const list = await mina.get('/api/notifications').expect(200)
  // One has read what one has written.
  expect(list.body.notifications).toEqual([
    { ...body, read: true, place: 'inbox', readers: { read: [], of: 3 } },
  ])
  expect(list.body.unread).toBe(0)
  const joon = await as('joon')
  expect((await joon.get('/api/notifications')).body).toMatchObject({
    notifications: [{ ...body, read: false }],
    unread: 1,
  })
})

test('everybody sees what is to all, to them and to their topics, newest first', async () => {
  const { as } = await startApp()
  const admin = await as('admin')
  for (const to of ['all', 'user:mina', 'user:joon', 'topic:releases', 'topic:security']) {
    await admin
      .post('/api/notifications')
      .send({ ...draft, to })
      .expect(201)
  }
  const seenBy = async (user: string) => {
    const { body } = await (await as(user)).get('/api/notifications').expect(200)
    return body.notifications.map((notification: { to: string }) => notification.to)
  }
  expect(await seenBy('mina')).toEqual(['topic:releases', 'user:mina', 'all'])
  expect(await seenBy('joon')).toEqual(['topic:security', 'user:joon', 'all'])
  expect(await seenBy('sora')).toEqual(['topic:security', 'topic:releases', 'all'])
})

test('GET hands out a cursor that is no newer than the list', async () => {
  const { as, hub } = await startApp()
  const mina = await as('mina')
  const before = await mina.get('/api/notifications').expect(200)
  expect(before.body).toEqual({ notifications: [], cursor: hub.position, next: null, unread: 0 })

  await mina.post('/api/notifications').send(draft).expect(201)
  const after = await mina.get('/api/notifications').expect(200)
  expect(after.body.cursor).toBe(hub.position)
  expect(after.body.cursor).not.toBe(before.body.cursor)
  expect(after.headers['cache-control']).toBe('no-store')
})

test('reading is per user, and told to the tabs of that user alone', async () => {
  const testApp = await startApp()
  const { as } = testApp
  const [mina, joon, sora] = [await as('mina'), await as('joon'), await as('sora')]
  await sora.post('/api/notifications').send(draft).expect(201)

  const answer = await mina.post('/api/notifications/1/read').expect(200)
  expect(answer.body).toMatchObject({ id: 1, read: true })
  expect(testApp.published.slice(1)).toEqual([
    { channels: 'user:mina', event: 'read', data: { ids: [1] } },
    { channels: ['user:sora'], event: 'seen', data: { by: 'mina' } },
  ])
  expect((await mina.get('/api/notifications')).body.notifications[0].read).toBe(true)
  expect((await joon.get('/api/notifications')).body.notifications[0].read).toBe(false)
})

test('reading twice is fine and told once', async () => {
  const testApp = await startApp()
  const { as } = testApp
  const [mina, joon] = [await as('mina'), await as('joon')]
  await joon.post('/api/notifications').send(draft).expect(201)
  await mina.post('/api/notifications/1/read').expect(200)
  await mina.post('/api/notifications/1/read').expect(200)
  expect(testApp.published.filter(({ event }) => event === 'read')).toHaveLength(1)
})

test('many are read at once; those one may not see are left out', async () => {
  const testApp = await startApp()
  const { as } = testApp
  const [mina, joon, sora] = [await as('mina'), await as('joon'), await as('sora')]
  for (const to of ['all', 'user:joon', 'topic:builds']) {
    await sora
      .post('/api/notifications')
      .send({ ...draft, to })
      .expect(201)
  }
  await mina
    .post('/api/notifications/read')
    .send({ ids: [1, 2, 3, 99] })
    .expect(204)
  expect(testApp.published.find(({ event }) => event === 'read')?.data).toEqual({ ids: [1, 3] })
  const { body } = await joon.get('/api/notifications')
  expect(body.notifications.every((notification: { read: boolean }) => !notification.read)).toBe(true)
})

test.each([
  ['unknown', '99'],
  ['somebody else’s', '1'],
  ['no number', 'x'],
  ['not decodable', '%E0%A4%A'],
])('reading a notification that is %s answers with a problem', async (_, id) => {
  const { as } = await startApp()
  const [mina, joon] = [await as('mina'), await as('joon')]
  await mina
    .post('/api/notifications')
    .send({ ...draft, to: 'user:mina' })
    .expect(201)
  const answer = await joon.post(`/api/notifications/${id}/read`)
  expect(answer.status).toBe(id.startsWith('%') ? 400 : 404)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
})

test.each([
  ['GET', '/api/notifications'],
  ['POST', '/api/notifications'],
  ['POST', '/api/notifications/1/read'],
  ['POST', '/api/notifications/read'],
  ['POST', '/api/notifications/read-all'],
  ['POST', '/api/notifications/unread'],
  ['POST', '/api/notifications/move'],
  ['GET', '/api/notifications/1'],
  ['POST', '/events'],
  ['POST', '/api/line/cut'],
  ['POST', '/api/line/stall'],
  ['POST', '/api/line/refuse'],
  ['GET', '/admin/events'],
  ['POST', '/api/admin/disconnect'],
  ['POST', '/api/admin/drain'],
  ['GET', '/events'],
] as const)('%s %s answers 401 with a problem when nobody is signed in', async (method, path) => {
  const { app } = await startApp()
  const answer = await supertest(app)[method === 'GET' ? 'get' : 'post'](path)
  expect(answer.status).toBe(401)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({ status: 401, title: 'Unauthorized' })
})

test.each([
  ['no title', { to: 'all', body: '' }, '/title'],
  ['a blank title', { ...draft, title: '   ' }, '/title'],
  ['a title too long', { ...draft, title: 'x'.repeat(121) }, '/title'],
  ['no body', { to: 'all', title: 'x' }, '/body'],
  ['a body that is no text', { ...draft, body: {} }, '/body'],
  ['no recipient', { title: 'x', body: '' }, '/to'],
  ['an unknown user', { ...draft, to: 'user:nobody' }, '/to'],
  ['an unknown topic', { ...draft, to: 'topic:gardening' }, '/to'],
  ['a recipient of no known form', { ...draft, to: 'everyone' }, '/to'],
  ['a recipient with a line break', { ...draft, to: 'user:mina\n' }, '/to'],
])('POST with %s answers 400, names the member and stores nothing', async (_, body, pointer) => {
  const testApp = await startApp()
  const { as } = testApp
  const mina = await as('mina')
  const answer = await mina.post('/api/notifications').send(body).expect(400)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer)
  expect(testApp.published).toEqual([])
  expect((await mina.get('/api/notifications')).body.notifications).toEqual([])
})

test('a notification whose publish is refused is not stored', async () => {
  const { as, hub } = await startApp({ maxEventBytes: 200 })
  const mina = await as('mina')
  await mina.post('/api/notifications').send(draft).expect(201)
  const before = hub.position
  await mina
    .post('/api/notifications')
    .send({ ...draft, body: 'x'.repeat(200) })
    .expect(500)

  const { body } = await mina.get('/api/notifications').expect(200)
  expect(body.notifications).toHaveLength(1)
  expect(body.cursor).toBe(before)
})

test('what was read stays unread when its publish is refused', async () => {
  const { as } = await startApp({ maxEventBytes: 150 })
  const [mina, joon] = [await as('mina'), await as('joon')]
  const ids = Array.from({ length: 60 }, (_, index) => index + 1)
  for (const _ of ids) await joon.post('/api/notifications').send(draft).expect(201)
  await mina.post('/api/notifications/read').send({ ids }).expect(500)
  const { body } = await mina.get('/api/notifications').expect(200)
  expect(body.notifications.some((notification: { read: boolean }) => notification.read)).toBe(false)

  await mina.post('/api/notifications/1/read').expect(200)
})

test('text is kept as it is: markup, other scripts, line breaks', async () => {
  const { as } = await startApp()
  const mina = await as('mina')
  const odd = { to: 'user:mina', title: '<b>안녕</b> & "x"', body: 'a\r\nb\ndata: c\u2028d 👩‍💻' }
  const { body } = await mina.post('/api/notifications').send(odd).expect(201)
  expect(body).toMatchObject(odd)
})
