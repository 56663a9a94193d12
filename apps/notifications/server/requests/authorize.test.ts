import { openStream } from '@sse/core/testing'
import type { Express } from 'express'
import supertest from 'supertest'
import { describe, expect, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'
import { signIn } from '../../test/start-server.ts'

/** Every kind of channel there is, and who may read it. */
const channels: readonly [user: string, channel: string, allowed: boolean][] = [
  ['mina', 'all', true],
  ['mina', 'user:mina', true],
  ['mina', 'topic:releases', true],
  ['mina', 'topic:security', false],
  ['mina', 'topic:gardening', false],
  ['mina', 'user:joon', false],
  ['mina', 'user:admin', false],
  ['mina', 'user:', false],
  ['mina', 'user:mina2', false],
  ['mina', 'ALL', false],
  ['mina', 'admin:stats', false],
  ['mina', 'anything', false],
  ['joon', 'topic:releases', false],
  ['joon', 'topic:security', true],
  ['admin', 'admin:stats', true],
  ['admin', 'user:mina', false],
  ['admin', 'anything', false],
]

describe.each(channels)('%s, who asks for “%s”', (user, channel, allowed) => {
  const word = allowed ? 'is given it' : 'is refused'

  test(`when the stream is opened ${word}`, async () => {
    const { app } = await startApp()
    const Cookie = await cookieOf(app, user)
    await using stream = await openStream(app, '/events', { headers: { Cookie }, channels: [channel] })
    const { data } = await stream.next('sse.channels')
    expect(JSON.parse(data).refused).toEqual(allowed ? [] : [channel])
    expect(JSON.parse(data).channels.includes(channel)).toBe(allowed)
  })

  test(`on an open stream ${word}`, async () => {
    const testApp = await startApp()
    const origin = await testApp.listen()
    const Cookie = await signIn(origin, user)
    await using stream = await openStream(origin, '/events', { headers: { Cookie } })
    const { stream: id } = JSON.parse((await stream.next('sse.open')).data)
    const changed = await fetch(`${origin}/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Cookie },
      body: JSON.stringify({ stream: id, subscribe: [channel] }),
    })
    expect(changed.status).toBe(200)
    expect(await changed.json()).toMatchObject({ refused: allowed ? [] : [channel] })
  })
})

test('the reserved channels are nobody’s', async () => {
  const { app } = await startApp()
  const Cookie = await cookieOf(app, 'admin')
  await using stream = await openStream(app, '/events', { headers: { Cookie }, channels: ['sse:control'] })
  expect(stream.status).toBe(400)
})

async function cookieOf(app: Express, user: string): Promise<string> {
  const { headers } = await supertest(app).post('/api/session').send({ user }).expect(200)
  return [headers['set-cookie'] ?? []]
    .flat()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}
