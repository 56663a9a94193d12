import { openStream, type TestStream } from '@sse/core/testing'
import { expect, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'
import { signIn } from '../../test/start-server.ts'

const draft = { to: 'all', title: 'Hello', body: '' }

/** Two sessions of Mina and one of Joon, each with a stream. */
async function startWithStreams() {
  const testApp = await startApp()
  const origin = await testApp.listen()
  const open = async (user: string) => {
    const Cookie = await signIn(origin, user)
    const stream = await openStream(origin, '/events', { headers: { Cookie } })
    await stream.next('sse.open')
    const post = (path: string, body?: unknown) =>
      fetch(`${origin}${path}`, {
        method: 'POST',
        headers: { Cookie, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    return { Cookie, stream, post }
  }
  return { ...testApp, origin, mina: await open('mina'), other: await open('mina'), joon: await open('joon') }
}

const titleOf = async (stream: TestStream) => JSON.parse((await stream.next('notification')).data).title

test('a cut breaks the streams of this session, and no others', async () => {
  const { mina, other, joon } = await startWithStreams()
  expect((await mina.post('/api/line/cut')).status).toBe(204)
  await expect(mina.stream.next('notification')).rejects.toThrow()

  await joon.post('/api/notifications', draft)
  expect(await titleOf(other.stream)).toBe('Hello')
  expect(await titleOf(joon.stream)).toBe('Hello')
})

test('after a cut the stream is resumed, with what came in between', async () => {
  const { origin, mina, joon } = await startWithStreams()
  const { lastEventId } = mina.stream
  await mina.post('/api/line/cut')
  await joon.post('/api/notifications', draft)
  await using again = await openStream(origin, '/events', { headers: { Cookie: mina.Cookie }, lastEventId })
  expect(JSON.parse((await again.next('sse.open')).data)).toMatchObject({ resumed: true })
  expect(await titleOf(again)).toBe('Hello')
})

test('a stalled line is open and silent; what was held back comes after it', async () => {
  const { mina, other, joon } = await startWithStreams()
  expect((await mina.post('/api/line/stall', { seconds: 1 })).status).toBe(204)
  await joon.post('/api/notifications', draft)

  const stalled = titleOf(mina.stream)
  const first = await Promise.race([
    stalled.then(() => 'the stalled one'),
    titleOf(other.stream).then(() => 'the other'),
  ])
  expect(first).toBe('the other')
  expect(await stalled).toBe('Hello')
})

test('a stream that is opened while an old one is stalled is not', async () => {
  const { origin, mina, joon } = await startWithStreams()
  await mina.post('/api/line/stall', { seconds: 60 })
  await using fresh = await openStream(origin, '/events', { headers: { Cookie: mina.Cookie } })
  await fresh.next('sse.open')
  await joon.post('/api/notifications', draft)
  expect(await titleOf(fresh)).toBe('Hello')
  await mina.stream.close()
})

test('refused, the streams break and new ones of this session are answered 503 with the time to wait', async () => {
  const { origin, mina, other, joon } = await startWithStreams()
  expect((await mina.post('/api/line/refuse', { seconds: 60 })).status).toBe(204)
  await expect(mina.stream.next('notification')).rejects.toThrow()

  const refused = await fetch(`${origin}/events`, { headers: { Cookie: mina.Cookie } })
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
  expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/)

  await joon.post('/api/notifications', draft)
  expect(await titleOf(other.stream)).toBe('Hello')
})

test.each([undefined, {}, { seconds: 0 }, { seconds: 61 }, { seconds: 1.5 }, { seconds: '5' }])(
  'a fault of %j answers 400 and does nothing',
  async (body) => {
    const { mina, joon } = await startWithStreams()
    for (const fault of ['stall', 'refuse']) {
      expect((await mina.post(`/api/line/${fault}`, body)).status).toBe(400)
    }
    await joon.post('/api/notifications', draft)
    expect(await titleOf(mina.stream)).toBe('Hello')
  },
)

test('faults are limited by session', async () => {
  const { mina, other } = await startWithStreams()
  for (let n = 0; n < 60; n++) expect((await mina.post('/api/line/cut')).status).toBe(204)
  const refused = await mina.post('/api/line/cut')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect((await other.post('/api/line/cut')).status).toBe(204)
})
