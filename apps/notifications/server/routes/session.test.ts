import express from 'express'
import supertest from 'supertest'
import { expect, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'
import { session, storedSecret } from '../session.ts'

test('GET /healthz says ok to anybody', async () => {
  const { app } = await startApp()
  await supertest(app).get('/healthz').expect(200, { status: 'ok' })
})

test('GET /api/users lists the four users by id and name', async () => {
  const { app } = await startApp()
  const { body } = await supertest(app).get('/api/users').expect(200)
  expect(body.map((user: { id: string }) => user.id)).toEqual(['mina', 'joon', 'sora', 'admin'])
  for (const user of body) expect(user).toEqual({ id: expect.any(String), name: expect.any(String) })
})

test('GET /api/topics lists the topics by id and name', async () => {
  const { app } = await startApp()
  const { body } = await supertest(app).get('/api/topics').expect(200)
  expect(body.map((topic: { id: string }) => topic.id)).toEqual(['releases', 'builds', 'security'])
})

test('POST /api/session signs in by a signed cookie that scripts cannot read', async () => {
  const { app } = await startApp()
  const agent = supertest.agent(app)
  const answer = await agent.post('/api/session').send({ user: 'mina' }).expect(200)

  expect(answer.body).toEqual({
    user: { id: 'mina', name: 'Mina Kim', admin: false, topics: ['releases', 'builds'], muted: [] },
  })
  const cookies = String(answer.headers['set-cookie'])
  expect(cookies).toMatch(/session=.*httponly/i)
  expect(cookies).toMatch(/samesite=lax/i)
  expect(cookies).toMatch(/session\.sig=/)
  await agent.get('/api/session').expect(200, answer.body)
})

test('a cookie with another name in it is not believed', async () => {
  const { app } = await startApp()
  const forged = Buffer.from(JSON.stringify({ user: 'admin' })).toString('base64')
  await supertest(app)
    .get('/api/session')
    .set('Cookie', `session=${forged}; session.sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA`)
    .expect(200, { user: null })
})

test('DELETE /api/session signs out', async () => {
  const { as } = await startApp()
  const mina = await as('mina')
  await mina.delete('/api/session').expect(204)
  await mina.get('/api/session').expect(200, { user: null })
  await mina.get('/api/notifications').expect(401)
})

test.each([
  ['an unknown user', { user: 'nobody' }],
  ['no user', {}],
  ['a user that is no text', { user: 7 }],
  ['a name of every object', { user: 'constructor' }],
])('POST /api/session with %s answers 400 with a problem', async (_, body) => {
  const { app } = await startApp()
  const answer = await supertest(app).post('/api/session').send(body).expect(400)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({ status: 400, title: 'Bad Request', errors: [{ pointer: '/user' }] })
  expect(answer.headers['set-cookie']).toBeUndefined()
})

test('the operator is told so; what is followed and muted comes with the session', async () => {
  const { as } = await startApp()
  const admin = await as('admin')
  await admin.put('/api/topics/builds/muted').expect(204)
  await admin.delete('/api/topics/releases/following').expect(204)
  await admin.get('/api/session').expect(200, {
    user: { id: 'admin', name: 'Admin', admin: true, topics: ['builds', 'security'], muted: ['builds'] },
  })
})

test('a cookie from before sessions had ids stays signed in, and gets an id', async () => {
  const { app, database } = await startApp()
  // As version 1 made it.
  const old = express().use(session(storedSecret(database)), (req, res) => {
    req.session = { user: 'mina' }
    res.end()
  })
  const cookie = cookieOf(await supertest(old).get('/'))
  const faults = () => supertest(app).post('/api/line/cut')
  await faults().set('Cookie', cookie).expect(409)
  const answer = await supertest(app).get('/api/session').set('Cookie', cookie).expect(200)
  expect(answer.body.user.id).toBe('mina')
  await faults().set('Cookie', cookieOf(answer)).expect(204)
})

function cookieOf({ headers }: supertest.Response): string {
  return [headers['set-cookie'] ?? []]
    .flat()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}
