import { openStream } from '@sse/core/testing'
import supertest from 'supertest'
import { expect, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'
import { signIn } from '../../test/start-server.ts'

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

test('POST /api/session signs in by a cookie that scripts cannot read', async () => {
  const { app } = await startApp()
  const agent = supertest.agent(app)
  const answer = await agent.post('/api/session').send({ user: 'mina' }).expect(200)

  expect(answer.body).toEqual({
    user: { id: 'mina', name: 'Mina Kim', admin: false, topics: ['releases', 'builds'], muted: [] },
  })
  const cookies = String(answer.headers['set-cookie'])
  expect(cookies).toMatch(/session=.*httponly/i)
  expect(cookies).toMatch(/samesite=lax/i)
  expect(cookies).toMatch(/session=[\w-]{43};/)
  expect(cookies).toMatch(/path=\//i)
  await agent.get('/api/session').expect(200, answer.body)
})

test.each([
  '',
  'admin',
  '%E0%A4%A',
  '"admin"',
  Buffer.from('{"user":"admin"}').toString('base64'),
  'A'.repeat(43),
])('the made-up cookie %j signs nobody in', async (cookie) => {
  const { app } = await startApp()
  await supertest(app).get('/api/session').set('Cookie', `session=${cookie}`).expect(200, { user: null })
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

test('a copy of the cookie signs nobody in after the log-out: not to read, to write, to listen or to ask for channels', async () => {
  const { as, app, published, listen } = await startApp()
  const mina = await as('mina')
  const origin = await listen()
  const Cookie = await signIn(origin, 'mina')
  await using stream = await openStream(origin, '/events', { headers: { Cookie } })
  const { stream: id } = JSON.parse((await stream.next('sse.open')).data)
  const ask = (method: string, path: string, body?: object) =>
    fetch(`${origin}${path}`, {
      method,
      headers: { Cookie, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
  expect((await ask('DELETE', '/api/session')).status).toBe(204)

  // The stream that is open ends, and the copy does not open another one.
  expect(JSON.parse((await stream.next('sse.close')).data)).toMatchObject({ reason: 'disconnected' })
  expect((await fetch(`${origin}/events`, { headers: { Cookie } })).status).toBe(401)
  const poll = { Cookie, Accept: 'application/json' }
  expect((await fetch(`${origin}/events`, { headers: poll })).status).toBe(401)
  expect((await ask('POST', '/events', { stream: id, subscribe: ['topic:builds'] })).status).toBe(401)
  expect((await ask('GET', '/admin/events')).status).toBe(401)
  expect(await (await ask('GET', '/api/session')).json()).toEqual({ user: null })
  expect((await ask('GET', '/api/notifications')).status).toBe(401)
  expect((await ask('POST', '/api/notifications', { to: 'all', title: 'x', body: '' })).status).toBe(401)
  expect((await ask('POST', '/api/line/cut')).status).toBe(401)
  expect(published).toEqual([])
  // Another session of the same person goes on.
  await mina.get('/api/notifications').expect(200)
  await supertest(app).get('/api/session').set('Cookie', Cookie).expect(200, { user: null })
})

test('one who signs in again has a new session, and the old one is over', async () => {
  const { app, listen } = await startApp()
  const origin = await listen()
  const old = await signIn(origin, 'mina')
  await using stream = await openStream(origin, '/events', { headers: { Cookie: old } })
  await stream.next('sse.open')
  const answer = await supertest(app)
    .post('/api/session')
    .set('Cookie', old)
    .send({ user: 'joon' })
    .expect(200)
  expect(JSON.parse((await stream.next('sse.close')).data)).toMatchObject({ reason: 'disconnected' })
  await supertest(app).get('/api/session').set('Cookie', old).expect(200, { user: null })
  const [fresh = ''] = answer.headers['set-cookie'] ?? []
  const { body } = await supertest(app).get('/api/session').set('Cookie', fresh.split(';')[0]!).expect(200)
  expect(body.user.id).toBe('joon')
})

test('the cookie is for TLS alone where the proxy that is believed says that the page came by it', async () => {
  const cookieOf = async (proxies: number, headers: Record<string, string>) => {
    const { app } = await startApp({ proxies })
    const answer = await supertest(app).post('/api/session').set(headers).send({ user: 'mina' }).expect(200)
    const ended = await supertest(app)
      .delete('/api/session')
      .set({ ...headers, Cookie: String(answer.headers['set-cookie']).split(';')[0]! })
      .expect(204)
    return [answer, ended].map(({ headers }) => /; Secure/i.test(String(headers['set-cookie'])))
  }
  const byTls = { 'X-Forwarded-Proto': 'https' }
  expect(await cookieOf(1, byTls)).toEqual([true, true])
  expect(await cookieOf(1, { 'X-Forwarded-Proto': 'http' })).toEqual([false, false])
  expect(await cookieOf(1, {})).toEqual([false, false])
  expect(await cookieOf(0, byTls)).toEqual([false, false])
})
