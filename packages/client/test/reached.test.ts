import { createMemoryLog, startSseServer } from '@sse/testbed/sse-server'
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

it('20 pages on two servers of one log: each sees each of its writes when the promise resolves', async () => {
  const log = createMemoryLog()
  const start = () => startSseServer({ hub: { broker: log.connect() } })
  const servers = [await start(), await start()]
  const pages = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const client = createSseClient(servers[index % 2]!.url)
      onTestFinished(() => client.close())
      const told = new Set<unknown>()
      client.on('tick', (data) => told.add(data))
      const opened = take(client, 'sse.open', 1)
      client.connect()
      await opened
      return { client, told, index }
    }),
  )
  await Promise.all(
    pages.map(async ({ client, told, index }) => {
      for (let count = 0; count < 10; count++) {
        const write = `write ${count} of page ${index}`
        // The load balancer sends it to either of them.
        const { id } = await servers[count % 2]!.hub.publish('news', write, { event: 'tick' })
        await client.reached(id)
        expect(told).toContain(write)
      }
    }),
  )
})
