import supertest from 'supertest'
import { expect, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'

const draft = { title: 'Hello', body: '' }

async function startWithMina() {
  const testApp = await startApp()
  const [mina, admin] = [await testApp.as('mina'), await testApp.as('admin')]
  const send = (to: string) =>
    admin
      .post('/api/notifications')
      .send({ ...draft, to })
      .expect(201)
  const list = async (query = '') => {
    const { body } = await mina.get(`/api/notifications${query}`).expect(200)
    return { to: body.notifications.map((one: { to: string }) => one.to), unread: body.unread }
  }
  const topicsOf = async () => {
    const { user } = (await mina.get('/api/session').expect(200)).body
    return { following: user.topics, muted: user.muted }
  }
  return { app: testApp.app, as: testApp.as, published: () => testApp.published, mina, send, list, topicsOf }
}

test('following and leaving topics changes what is listed', async () => {
  const { mina, send, list, topicsOf } = await startWithMina()
  await send('topic:security')
  await send('topic:builds')
  expect(await list()).toEqual({ to: ['topic:builds'], unread: 1 })

  await mina.put('/api/topics/security/following').expect(204)
  await mina.delete('/api/topics/builds/following').expect(204)
  expect(await topicsOf()).toEqual({ following: ['releases', 'security'], muted: [] })
  await send('topic:security')
  expect((await list()).to).toEqual(['topic:security', 'topic:security'])
})

test('the event “topics” says what is followed and muted from now on, on the channel of this user alone', async () => {
  const testApp = await startWithMina()
  await testApp.mina.put('/api/topics/security/following').expect(204)
  await testApp.mina.put('/api/topics/builds/muted').expect(204)
  await testApp.mina.delete('/api/topics/releases/following').expect(204)
  expect(testApp.published()).toEqual([
    {
      channels: 'user:mina',
      event: 'topics',
      data: { following: ['releases', 'builds', 'security'], muted: [] },
    },
    {
      channels: 'user:mina',
      event: 'topics',
      data: { following: ['releases', 'builds', 'security'], muted: ['builds'] },
    },
    {
      channels: 'user:mina',
      event: 'topics',
      data: { following: ['builds', 'security'], muted: ['builds'] },
    },
  ])
})

test('what was there before one follows a topic is listed, and counts as read', async () => {
  const { mina, send, list } = await startWithMina()
  await send('topic:security')
  await mina.put('/api/topics/security/following').expect(204)
  expect(await list()).toEqual({ to: ['topic:security'], unread: 0 })
  await send('topic:security')
  expect((await list()).unread).toBe(1)
})

test('what a muted topic brings is listed, and not counted as unread until it is unmuted', async () => {
  const { mina, send, list } = await startWithMina()
  await send('topic:builds')
  await mina.put('/api/topics/builds/muted').expect(204)
  await send('topic:builds')
  await send('all')
  expect(await list()).toEqual({ to: ['all', 'topic:builds', 'topic:builds'], unread: 1 })
  expect((await list('?filter=unread')).to).toEqual(['all'])

  await mina.delete('/api/topics/builds/muted').expect(204)
  expect((await list()).unread).toBe(3)
})

test('saying it again is fine, and told once', async () => {
  const testApp = await startWithMina()
  for (const _ of [1, 2]) await testApp.mina.put('/api/topics/builds/muted').expect(204)
  for (const _ of [1, 2]) await testApp.mina.delete('/api/topics/builds/following').expect(204)
  expect(testApp.published()).toHaveLength(2)
})

test('a topic that one does not follow cannot be muted, and nobody is told', async () => {
  const { mina, published } = await startWithMina()
  const { body } = await mina.put('/api/topics/security/muted').expect(409)
  expect(body).toMatchObject({
    status: 409,
    detail: 'You do not follow "security". Follow it before you mute it',
  })
  expect(published()).toEqual([])
  expect((await mina.get('/api/session')).body.user.muted).toEqual([])
  // A mute from before may always be taken back.
  await mina.delete('/api/topics/security/muted').expect(204)
})

test('each decides for themselves', async () => {
  const { as, mina } = await startWithMina()
  await mina.delete('/api/topics/builds/following').expect(204)
  const joon = await as('joon')
  expect((await joon.get('/api/session')).body.user.topics).toEqual(['builds', 'security'])
})

test.each(['following', 'muted'])('an unknown topic answers 404, nobody signed in 401 (%s)', async (list) => {
  const { app, mina } = await startWithMina()
  await mina.put(`/api/topics/gardening/${list}`).expect(404)
  await mina.delete(`/api/topics/gardening/${list}`).expect(404)
  await supertest(app).put(`/api/topics/builds/${list}`).expect(401)
  await supertest(app).delete(`/api/topics/builds/${list}`).expect(401)
})

test('a topic whose event is refused is not followed', async () => {
  const { as } = await startApp({ maxEventBytes: 50 })
  const mina = await as('mina')
  await mina.put('/api/topics/security/following').expect(500)
  expect((await mina.get('/api/session')).body.user.topics).toEqual(['releases', 'builds'])
})
