import supertest from 'supertest'
import { expect, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'

const draft = { to: 'all', title: 'x', body: '' }

test('who writes too much is answered 429 with the time to wait; nothing is stored, and reading goes on', async () => {
  const { as } = await startApp({ writesPerMinute: 3 })
  const mina = await as('mina')
  for (let n = 0; n < 3; n++) await mina.post('/api/notifications').send(draft).expect(201)
  const answer = await mina.post('/api/notifications').send(draft).expect(429)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  expect((await mina.get('/api/notifications').expect(200)).body.notifications).toHaveLength(3)
})

test('the limit is of a user in all sessions, and not of the next one', async () => {
  const { as } = await startApp({ writesPerMinute: 4 })
  const [mina, again, joon] = [await as('mina'), await as('mina'), await as('joon')]
  for (const agent of [mina, again, mina, again])
    await agent.post('/api/notifications').send(draft).expect(201)
  await again.post('/api/notifications').send(draft).expect(429)
  await mina.put('/api/topics/builds/muted').expect(429)
  await mina.post('/events').send({ stream: 'x' }).expect(429)
  await joon.post('/api/notifications').send(draft).expect(201)
})

test('signing in is limited by address', async () => {
  const { app } = await startApp({ writesPerMinute: 3 })
  for (let n = 0; n < 3; n++) await supertest(app).post('/api/session').send({ user: 'nobody' }).expect(400)
  await supertest(app).post('/api/session').send({ user: 'mina' }).expect(429)
})
