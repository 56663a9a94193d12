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
  /** Publishes one event on each channel, and waits for the one that the client may receive. */
  async function expectOnly(received: string, others: readonly string[]) {
    const heard = take(client, 'tick', 1)
    for (const channel of [...others, received]) await server.hub.publish(channel, channel, { event: 'tick' })
    expect(await heard).toEqual([received])
  }
  return { server, client, expectOnly }
}

it('channels go with the connect, and what is refused is said', async () => {
  const { client, expectOnly } = await connect({ channels: ['topic:a', 'secret'] })
  expect(client.channels).toEqual({ channels: ['news', 'topic:a'], refused: ['secret'] })
  await expectOnly('topic:a', ['secret'])
})

it('the channels of an open stream change without a new connection', async () => {
  const { client, server, expectOnly } = await connect({ channels: ['topic:a'] })
  client.subscribe(['topic:b', 'secret'])
  client.unsubscribe('topic:a')
  await vi.waitFor(() =>
    expect(client.channels).toEqual({ channels: ['news', 'topic:b'], refused: ['secret'] }),
  )
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])
  await expectOnly('topic:b', ['topic:a'])
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
