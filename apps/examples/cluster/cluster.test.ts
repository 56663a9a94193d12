import { join } from 'node:path'
import { newDirectory, until } from '@sse/testbed'
import { expect, test } from 'vitest'
import { runExample } from '../test/example.ts'
import { listen } from '../test/listen.ts'

const headers = { 'Content-Type': 'text/plain' }

test('what one worker publishes reaches the clients of all, and the death of a worker loses nothing', async () => {
  const directory = newDirectory()
  const { origin, process: running } = await runExample('cluster', {
    LOG: join(directory, 'events.db'),
    TMPDIR: directory,
  })
  const publish = async (text: string) => {
    const response = await fetch(`${origin}/news`, { method: 'POST', body: text, headers })
    return ((await response.json()) as { worker: number }).worker
  }
  const workersOf = (clients: readonly ReturnType<typeof listen>[]) =>
    new Set(clients.flatMap((client) => client.data('worker')))

  // The primary deals the connections out as soon as all three listen.
  await until(() => running.output.split('http://localhost').length === 4)
  const clients = Array.from({ length: 6 }, () => listen(`${origin}/events`, ['worker', 'news', 'sse.gap']))
  await until(() => workersOf(clients).size === 3)
  const publishers = new Set<number>()
  for (let n = 0; n < 6; n++) publishers.add(await publish(`before ${n}`))
  expect(publishers.size).toBeGreaterThan(1)

  const leader = /worker (\d+) has the log/.exec(running.output)?.[1]
  process.kill(Number(leader), 'SIGKILL')
  await until(() => running.output.split('has the log').length === 3)
  await until(() => publish('after').catch(() => 0))
  const texts = [0, 1, 2, 3, 4, 5].map((n) => `before ${n}`)
  for (const client of clients) await until(() => client.data('news').includes('after'))
  for (const client of clients) {
    expect(client.data('news').filter((text) => text !== 'after')).toEqual(texts)
    expect(client.data('sse.gap')).toEqual([])
  }
})
