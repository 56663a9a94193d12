import supertest from 'supertest'
import { expect, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'
import { isLoopback } from './metrics.ts'

const token = 'a token of some length'

test('Prometheus reads the hub’s figures and node’s own', async () => {
  const { app, as } = await startApp()
  const mina = await as('mina')
  await mina.post('/api/notifications').send({ to: 'all', title: 'Hello', body: '' }).expect(201)
  for (const _ of ['the counters do not add up', 'over scrapes']) {
    const { text, headers } = await supertest(app).get('/metrics').expect(200)
    expect(headers['content-type']).toMatch(/^text\/plain;.*version=0\.0\.4/)
    expect(text).toMatch(/^sse_streams 0$/m)
    expect(text).toMatch(/^# TYPE sse_published_total counter$/m)
    expect(text).toMatch(/^sse_published_total 1$/m)
    expect(text).toMatch(/^sse_entries_total 1$/m)
    expect(text).toMatch(/^sse_broker_up 1$/m)
    expect(text).toMatch(/^sse_streams_closed_total\{reason="stalled"\} 0$/m)
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
  }
})

test('what a proxy passes on is refused, unless it brings the token', async () => {
  const { app } = await startApp({ metricsToken: token })
  const get = (headers: Record<string, string>) =>
    supertest(app)
      .get('/metrics')
      .set({ 'X-Forwarded-For': '203.0.113.7', ...headers })
  const refused = await get({}).expect(403)
  expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/)
  await get({ Authorization: 'Bearer another token of it' }).expect(403)
  await get({ Authorization: `Basic ${token}` }).expect(403)
  await get({ Authorization: `Bearer ${token}` }).expect(200)
})

test('without a token nobody elsewhere has one', async () => {
  const { app } = await startApp()
  await supertest(app)
    .get('/metrics')
    .set({ 'X-Forwarded-For': '203.0.113.7', Authorization: 'Bearer undefined' })
    .expect(403)
})

test.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['192.168.0.7', false],
  ['::ffff:192.168.0.7', false],
  ['fe80::1', false],
  ['', false],
])('%s is of this machine: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected)
})
