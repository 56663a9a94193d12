import { expect, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'

const draft = { to: 'all', title: 'x', body: '' }

test.each([
  ['another origin', { Origin: 'https://evil.example' }],
  ['another port of this host', { Origin: 'http://here.example:8080' }],
  ['an origin that is nobody’s', { Origin: 'null' }],
  ['an Origin that is no URL', { Origin: 'here.example' }],
  ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
  ['another origin of the same site', { 'Sec-Fetch-Site': 'same-site' }],
  ['both headers, one of them foreign', { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://evil.example' }],
])('a write from %s answers 403 with a problem and writes nothing', async (_, headers) => {
  const testApp = await startApp()
  const { as } = testApp
  const mina = await as('mina')
  const answer = await mina
    .post('/api/notifications')
    .set({ Host: 'here.example', ...headers })
    .send(draft)
    .expect(403)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(testApp.published).toEqual([])
})

test.each([
  ['our own page', { Origin: 'http://here.example', 'Sec-Fetch-Site': 'same-origin' }],
  ['our own page in a browser without Fetch Metadata', { Origin: 'http://here.example' }],
  ['a person, by the address bar', { 'Sec-Fetch-Site': 'none' }],
  ['a program that sends neither header', {}],
])('a write from %s is accepted', async (_, headers) => {
  const { as } = await startApp()
  const mina = await as('mina')
  await mina
    .post('/api/notifications')
    .set({ Host: 'here.example', ...headers })
    .send(draft)
    .expect(201)
})

test('signing in from another origin is refused too', async () => {
  const { as } = await startApp()
  const mina = await as('mina')
  await mina.post('/api/session').set({ Origin: 'https://evil.example' }).send({ user: 'admin' }).expect(403)
  expect((await mina.get('/api/session')).body.user.id).toBe('mina')
})

test('reading from another origin is left to the browser’s own rules', async () => {
  const { as } = await startApp()
  const mina = await as('mina')
  const answer = await mina.get('/api/notifications').set({ Origin: 'https://evil.example' }).expect(200)
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
})
