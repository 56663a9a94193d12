import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { EventSource } from 'eventsource'
import { afterEach, expect, test } from 'vitest'
import { startApp, type TestApp } from '../../test/start-app.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function listen({ app, hub }: TestApp) {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => hub.close(),
  )
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

/** Signs in over HTTP and listens, from a cursor if one is given. */
async function follow(origin: string, user: string, lastEventId?: string) {
  const answer = await fetch(`${origin}/api/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user }),
  })
  const Cookie = answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
  const source = new EventSource(
    `${origin}/events${lastEventId ? `?lastEventId=${encodeURIComponent(lastEventId)}` : ''}`,
    { fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, Cookie } }) },
  )
  endings.push(() => source.close())
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
  const origin = await listen(testApp)
  const mina = await testApp.as('mina')
  const { source, events } = await follow(origin, 'mina')
  await once(source as unknown as EventTarget & NodeJS.EventEmitter, 'sse.open')

  for (const to of ['user:joon', 'topic:security', 'topic:builds', 'user:mina', 'all']) {
    await mina.post('/api/notifications').send({ to, title: to, body: '' }).expect(201)
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
  const origin = await listen(testApp)
  const mina = await testApp.as('mina')
  await mina.post('/api/notifications').send({ to: 'all', title: 'In the list', body: '' }).expect(201)
  const { body } = await mina.get('/api/notifications').expect(200)
  await mina.post('/api/notifications').send({ to: 'all', title: 'In between', body: '' }).expect(201)

  const { events } = await follow(origin, 'mina', body.cursor)
  await expect.poll(() => events.length).toBe(1)
  expect(events[0]?.data).toMatchObject({ title: 'In between' })
})
