import supertest from 'supertest'
import { expect, test } from 'vitest'
import { startApp } from '../../../test/start-app.ts'

const token = 'a token of some length'

test('Prometheus reads the hub’s figures and node’s own', async () => {
  const { app, as } = await startApp({ metricsToken: token })
  const mina = await as('mina')
  await mina.post('/api/notifications').send({ to: 'all', title: 'Hello', body: '' }).expect(201)
  for (const _ of ['the counters do not add up', 'over scrapes']) {
    const { text, headers } = await supertest(app)
      .get('/metrics')
      .set('Authorization', `Bearer ${token}`)
      .expect(200)
    expect(headers['content-type']).toMatch(/^text\/plain;.*version=0\.0\.4/)
    expect(text).toMatch(/^sse_streams 0$/m)
    expect(text).toMatch(/^# TYPE sse_published_total counter$/m)
    expect(text).toMatch(/^sse_published_total 1$/m)
    expect(text).toMatch(/^sse_entries_total 1$/m)
    expect(text).toMatch(/^sse_broker_up 1$/m)
    expect(text).toMatch(/^sse_broker_refusing 0$/m)
    expect(text).toMatch(/^sse_hubs 1$/m)
    expect(text).toMatch(/^sse_streams_closed_total\{reason="stalled"\} 0$/m)
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
  }
})

test('Prometheus counts refused publishes by the code of the error', async () => {
  const { app, hub } = await startApp({ metricsToken: token })
  // @ts-expect-error: the schema refuses it, and the types do too
  await expect(hub.publish('all', 'not a notification', { event: 'notification' })).rejects.toThrow()
  const { text } = await supertest(app).get('/metrics').set('Authorization', `Bearer ${token}`).expect(200)
  expect(text).toMatch(/^sse_refused_publishes_total\{code="invalid-data"\} 1$/m)
})

test.each([
  ['nothing', {}],
  ['what a proxy passes on', { 'X-Forwarded-For': '203.0.113.7' }],
  ['another host', { Host: 'evil.example' }],
  ['a wrong token', { Authorization: 'Bearer another token of it' }],
  ['the token in another scheme', { Authorization: `Basic ${token}` }],
  ['a token that is a part', { Authorization: `Bearer ${token.slice(0, -1)}` }],
  ['no token', { Authorization: 'Bearer ' }],
])('from this machine as from elsewhere, %s is refused', async (_, headers) => {
  const { app } = await startApp({ metricsToken: token })
  const refused = await supertest(app).get('/metrics').set(headers).expect(403)
  expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(refused.text).not.toContain('sse_streams')
})

test('with the token they are read from anywhere', async () => {
  const { app } = await startApp({ metricsToken: token })
  await supertest(app)
    .get('/metrics')
    .set({ 'X-Forwarded-For': '203.0.113.7', Authorization: `Bearer ${token}` })
    .expect(200)
})

test.each(['Bearer undefined', 'Bearer ', ''])(
  'without one in the environment %j is none',
  async (Authorization) => {
    const { app } = await startApp()
    await supertest(app).get('/metrics').set({ Authorization }).expect(403)
  },
)
