import { once } from 'node:events'
import { openStream } from '@sse/core/testing'
import { EventSource } from 'eventsource'
import { expect, onTestFinished, test } from 'vitest'
import { startApp } from '../../test/start-app.ts'
import { signIn } from '../../test/start-server.ts'

/** Signs in over HTTP and listens, from a cursor if one is given. */
async function follow(origin: string, user: string, lastEventId?: string) {
  const Cookie = await signIn(origin, user)
  const source = new EventSource(
    `${origin}/events${lastEventId ? `?lastEventId=${encodeURIComponent(lastEventId)}` : ''}`,
    { fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, Cookie } }) },
  )
  onTestFinished(() => source.close())
  const events: { type: string; data: unknown; id: string }[] = []
  for (const type of ['notification', 'read']) {
    source.addEventListener(type, ({ data, lastEventId }) => {
      events.push({ type, data: JSON.parse(data), id: lastEventId })
    })
  }
  return { source, events }
}

test('the stream carries what is for its user, with ids, and nothing else', async () => {
  const testApp = await startApp()
  const origin = await testApp.listen()
  const [mina, sora] = [await testApp.as('mina'), await testApp.as('sora')]
  const { source, events } = await follow(origin, 'mina')
  await once(source as unknown as EventTarget & NodeJS.EventEmitter, 'sse.open')

  for (const to of ['user:joon', 'topic:security', 'topic:builds', 'user:mina', 'all']) {
    await sora.post('/api/notifications').send({ to, title: to, body: '' }).expect(201)
  }
  await mina.post('/api/notifications/5/read').expect(200)

  await expect.poll(() => events.length).toBe(4)
  expect(events.map(({ data }) => data)).toMatchObject([
    { title: 'topic:builds' },
    { title: 'user:mina' },
    { title: 'all' },
    { ids: [5] },
  ])
  for (const { id } of events) expect(id).not.toBe('')
})

test('what was published after the list was read comes when one listens from its cursor', async () => {
  const testApp = await startApp()
  const origin = await testApp.listen()
  const mina = await testApp.as('mina')
  await mina.post('/api/notifications').send({ to: 'all', title: 'In the list', body: '' }).expect(201)
  const { body } = await mina.get('/api/notifications').expect(200)
  await mina.post('/api/notifications').send({ to: 'all', title: 'In between', body: '' }).expect(201)

  const { events } = await follow(origin, 'mina', body.cursor)
  await expect.poll(() => events.length).toBe(1)
  expect(events[0]?.data).toMatchObject({ title: 'In between' })
})

test('a topic is joined and left on the open stream', async () => {
  const testApp = await startApp()
  const origin = await testApp.listen()
  const [mina, Cookie] = [await testApp.as('mina'), await signIn(origin, 'mina')]
  await using stream = await openStream(origin, '/events', { headers: { Cookie } })
  const { stream: id } = JSON.parse((await stream.next('sse.open')).data)
  const send = (to: string) => mina.post('/api/notifications').send({ to, title: to, body: '' }).expect(201)
  const title = async () => JSON.parse((await stream.next('notification')).data).title

  await mina.put('/api/topics/security/following').expect(204)
  expect(JSON.parse((await stream.next('topics')).data).following).toContain('security')
  expect((await change(origin, Cookie, { stream: id, subscribe: ['topic:security'] })).status).toBe(200)
  await send('topic:security')
  expect(await title()).toBe('topic:security')

  await mina.delete('/api/topics/builds/following').expect(204)
  expect((await change(origin, Cookie, { stream: id, unsubscribe: ['topic:builds'] })).status).toBe(200)
  await send('topic:builds')
  await send('all')
  expect(await title()).toBe('all')
})

test('nobody changes the stream of somebody else, knows of it, or does so from another site', async () => {
  const testApp = await startApp()
  const origin = await testApp.listen()
  const [mina, joon] = [await signIn(origin, 'mina'), await signIn(origin, 'joon')]
  await using stream = await openStream(origin, '/events', { headers: { Cookie: mina } })
  const { stream: id } = JSON.parse((await stream.next('sse.open')).data)
  const wish = { stream: id, subscribe: ['topic:security'], unsubscribe: ['all'] }
  expect((await change(origin, joon, wish)).status).toBe(404)
  expect((await change(origin, '', wish)).status).toBe(401)
  expect((await change(origin, mina, wish, { Origin: 'https://evil.example' })).status).toBe(403)
  expect([...testApp.hub.streams.get(id)!.channels]).toEqual([
    'all',
    'user:mina',
    'topic:releases',
    'topic:builds',
  ])
})

test('who signs out loses the streams of every tab', async () => {
  const testApp = await startApp()
  const origin = await testApp.listen()
  const Cookie = await signIn(origin, 'mina')
  await using stream = await openStream(origin, '/events', { headers: { Cookie } })
  await stream.next('sse.open')
  await fetch(`${origin}/api/session`, { method: 'DELETE', headers: { Cookie } })
  expect(JSON.parse((await stream.next('sse.close')).data)).toMatchObject({ reason: 'disconnected' })
})

function change(origin: string, Cookie: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${origin}/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Cookie, ...headers },
    body: JSON.stringify(body),
  })
}
