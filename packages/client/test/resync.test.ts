import { startSseServer } from '@sse/testbed/sse-server'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createSseClient } from '../src/index.ts'

it('a list stays right: nothing is lost or told twice between loads and events, whatever is lost of the log', async () => {
  // A log of three events: every reconnect is a gap.
  const server = await startSseServer({ hub: { window: { entries: 3 } } })
  await server.hub.ready
  const stored: number[] = []
  let position = server.hub.position
  const write = async (number: number) => {
    position = (await server.hub.publish('news', number, { event: 'added' })).id
    stored.push(number)
  }
  let list: number[] = []
  const wrong: number[] = []
  let loads = 0
  const client = createSseClient(server.url, {
    backoff: { base: 1, max: 10 },
    async resync() {
      const loaded = { position, items: [...stored] }
      await new Promise((resolve) => setTimeout(resolve, 2))
      if (loads++ % 3 === 1) throw new Error('503')
      list = loaded.items
      return loaded.position
    },
    onError() {},
  })
  onTestFinished(() => client.close())
  client.on('added', (number) => {
    if (list.includes(Number(number))) wrong.push(Number(number))
    list.push(Number(number))
  })
  client.connect()
  for (let number = 0; number < 200; number++) {
    await write(number)
    if (number % 50 === 20) client.reconnect()
    if (number % 50 === 40) {
      client.close()
      client.connect()
    }
  }
  await vi.waitUntil(() => !client.stale && list.length === stored.length)
  expect([list, wrong]).toEqual([stored, []])
})
