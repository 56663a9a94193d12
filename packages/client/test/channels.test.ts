import { startSseServer } from '@sse/testbed/sse-server'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createSseClient, type SseClientOptions } from '../src/index.ts'
import { take } from './client.ts'

async function connect(options: SseClientOptions) {
  const server = await startSseServer()
  const client = createSseClient(server.url, options)
  onTestFinished(() => client.close())
  const settled = take(client, 'sse.channels', 1)
  client.connect()
  await settled
  return { server, client }
}

it('channels go with the connect, and what is refused is said', async () => {
  const { client, server } = await connect({ channels: ['topic:a', 'secret'] })
  expect(client.channels).toEqual({ channels: ['news', 'topic:a'], refused: ['secret'] })
  const heard = take(client, 'tick', 1)
  await server.hub.publish('secret', 'not for you', { event: 'tick' })
  await server.hub.publish('topic:a', 'for a', { event: 'tick' })
  expect(await heard).toEqual(['for a'])
})

it('the channels of an open stream change without a new connection', async () => {
  const { client, server } = await connect({ channels: ['topic:a'] })
  client.subscribe(['topic:b', 'secret'])
  client.unsubscribe('topic:a')
  await vi.waitFor(() =>
    expect(client.channels).toEqual({ channels: ['news', 'topic:b'], refused: ['secret'] }),
  )
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])
  const heard = take(client, 'tick', 1)
  await server.hub.publish('topic:a', 'not any more', { event: 'tick' })
  await server.hub.publish('topic:b', 'for b', { event: 'tick' })
  expect(await heard).toEqual(['for b'])
})

it('wishes come along with the next connection', async () => {
  const { client, server } = await connect({ channels: ['topic:a'] })
  client.subscribe('topic:b')
  await vi.waitFor(() => expect(client.channels.channels).toContain('topic:b'))
  const settled = take(client, 'sse.channels', 1)
  client.reconnect()
  expect(await settled).toEqual([{ channels: ['news', 'topic:a', 'topic:b'], refused: [] }])
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET'])
})
