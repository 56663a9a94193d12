import supertest from 'supertest'
import { expect, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'

test.each([
  ['a cut-off object', '{"to":"all"', 'application/json', 400],
  ['no JSON at all', 'hello', 'application/json', 400],
  ['JSON that is no object', '[1]', 'application/json', 400],
  ['another content type', 'to=all&title=x', 'application/x-www-form-urlencoded', 400],
  [
    'more than 64 KiB',
    JSON.stringify({ to: 'all', title: 'x', body: 'y'.repeat(70_000) }),
    'application/json',
    413,
  ],
  ['an unknown charset', '{}', 'application/json; charset=klingon', 415],
])('a POST of %s answers with a problem and loses nothing', async (_, text, type, status) => {
  const { as } = await startApp()
  const mina = await as('mina')
  await mina.post('/api/notifications').send({ to: 'all', title: 'Kept', body: '' }).expect(201)

  const answer = await mina.post('/api/notifications').set('Content-Type', type).send(text).expect(status)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({ type: 'about:blank', status, detail: expect.any(String) })
  const { body } = await mina.get('/api/notifications').expect(200)
  expect(body.notifications.map((notification: { title: string }) => notification.title)).toEqual(['Kept'])
})

test.each(['/api/nothing', '/nothing'])('GET %s answers 404 with a problem', async (path) => {
  const { app } = await startApp()
  const answer = await supertest(app).get(path).expect(404)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({ status: 404, title: 'Not Found' })
})

test('a fault of ours answers 500 without saying what it was', async () => {
  const { as } = await startApp({ maxEventBytes: 10 })
  const mina = await as('mina')
  const answer = await mina.post('/api/notifications').send({ to: 'all', title: 'x', body: '' }).expect(500)
  expect(answer.body).toEqual({
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    detail: 'Something went wrong on our side',
  })
})

test('what comes when the hub is closed answers 503', async () => {
  const { as, hub } = await startApp()
  const mina = await as('mina')
  await hub.close()
  const answer = await mina.post('/api/notifications').send({ to: 'all', title: 'x', body: '' }).expect(503)
  expect(answer.body).toMatchObject({
    status: 503,
    detail: 'The server is shutting down; nothing was stored',
  })
  expect((await mina.get('/api/notifications')).body.notifications).toEqual([])
})
