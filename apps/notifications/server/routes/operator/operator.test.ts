import { openStream } from '@sse/core/testing'
import { until } from '@sse/testbed'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { statsSchema } from '../../../shared/schemas.ts'
import { startApp } from '../../../test/start-app.ts'
import { signIn } from '../../../test/start-server.ts'

async function start() {
  const testApp = await startApp()
  const origin = await testApp.listen()
  const cookies = { admin: await signIn(origin, 'admin'), mina: await signIn(origin, 'mina') }
  const open = (user: keyof typeof cookies, path: string) =>
    openStream(origin, path, { headers: { Cookie: cookies[user] } })
  const post = (user: keyof typeof cookies, path: string, body: unknown) =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { Cookie: cookies[user], 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  return { ...testApp, open, post }
}

test('the operator is told the figures every second, in the form that both sides agreed on', async () => {
  const { open, post } = await start()
  await using mina = await open('mina', '/events')
  await mina.next('sse.open')
  await using operator = await open('admin', '/admin/events')
  const next = async () => v.parse(statsSchema, JSON.parse((await operator.next('stats')).data))

  const first = await next()
  expect(first).toMatchObject({
    streams: 2,
    channels: 4,
    users: [
      { key: 'admin', streams: 1 },
      { key: 'mina', streams: 1 },
    ],
    backlog: { paused: 0 },
    gaps: 0,
    broker: 'up',
    node: expect.stringContaining(String(process.pid)),
    hubs: 1,
  })
  await post('mina', '/api/notifications', { to: 'all', title: 'Hello', body: '' })
  let second = await next()
  while (second.publishedPerSecond === 0) second = await next()
  expect(second.at).toBeGreaterThan(first.at)
  expect(second.entriesPerSecond).toBeGreaterThan(0)
  expect(second.bytesPerSecond).toBeGreaterThan(0)
  expect(second.window.entries).toBe(1)
})

test('two operators hear the same samples', async () => {
  const { open } = await start()
  await using one = await open('admin', '/admin/events')
  const first = (await one.next('stats')).data
  await using other = await open('admin', '/admin/events')
  // The latest comes at once.
  const joined = [(await other.next('stats')).data, (await other.next('stats')).data]
  const seen = [first, (await one.next('stats')).data, (await one.next('stats')).data]
  for (const data of joined) expect(seen).toContain(data)
})

test('nobody else is told, nor may do what the operator does', async () => {
  const { as } = await startApp()
  const mina = await as('mina')
  for (const answer of [
    await mina.get('/admin/events').expect(403),
    await mina.post('/api/admin/disconnect').send({ user: 'joon' }).expect(403),
    await mina.post('/api/admin/drain').send({ seconds: 1 }).expect(403),
  ]) {
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  }
})

test('a user who is disconnected loses all streams, and may come back while signed in', async () => {
  const { open, post } = await start()
  const [first, second] = [await open('mina', '/events'), await open('mina', '/events')]
  await using admin = await open('admin', '/events')
  for (const stream of [first, second, admin]) await stream.next('sse.open')
  expect((await post('admin', '/api/admin/disconnect', { user: 'mina' })).status).toBe(204)
  for (const stream of [first, second]) {
    const { data } = await stream.next('sse.close')
    expect(JSON.parse(data)).toMatchObject({ reason: 'disconnected', reconnect: 1000 })
  }
  await using again = await open('mina', '/events')
  await again.next('sse.open')
  expect((await post('admin', '/api/admin/disconnect', { user: 'nobody' })).status).toBe(400)
})

test('drained, every stream is told to come back, and the server goes on', async () => {
  const { open, post, hub } = await start()
  const streams = [
    await open('mina', '/events'),
    await open('mina', '/events'),
    await open('admin', '/admin/events'),
  ]
  await until(() => hub.streams.size === 3)
  expect((await post('admin', '/api/admin/drain', { seconds: 1 })).status).toBe(202)
  for (const stream of streams) {
    expect(JSON.parse((await stream.next('sse.close')).data)).toMatchObject({ reconnect: 1000 })
  }
  await using again = await open('mina', '/events')
  await again.next('sse.open')
  expect((await post('mina', '/api/notifications', { to: 'all', title: 'On', body: '' })).status).toBe(201)
  expect(JSON.parse((await again.next('notification')).data).title).toBe('On')
  expect((await post('admin', '/api/admin/drain', { seconds: 0 })).status).toBe(400)
})
