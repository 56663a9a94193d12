import { startSseServer } from '@sse/testbed/sse-server'
import { expect, it, onTestFinished } from 'vitest'
import { createSseClient } from '../src/index.ts'
import { take } from './client.ts'

it('a page sees its own write, also on a channel that it does not follow', async () => {
  const server = await startSseServer()
  const client = createSseClient(server.url)
  onTestFinished(() => client.close())
  const told: unknown[] = []
  client.on('tick', (data) => told.push(data))
  const opened = take(client, 'sse.open', 1)
  client.connect()
  await opened
  const followed = await server.hub.publish('news', 'mine', { event: 'tick' })
  await client.reached(followed.id)
  expect(told).toEqual(['mine'])
  const other = await server.hub.publish('elsewhere', 'not mine')
  await client.reached(other.id)
  expect(client.lastEventId).toBe(other.id)
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])
  await expect(client.reached('another-1')).rejects.toMatchObject({ code: 'forked' })
})
