import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { until } from '../until.ts'
import { Ledger } from './ledger.ts'
import { Publisher } from './publisher.ts'

/** A server that answers every publish with a refusal, or not at all. @returns its address, and the number of its requests */
async function startRefusing(answers: boolean): Promise<{ url: string; requests: () => number }> {
  let requests = 0
  const server = createServer((_, res) => {
    requests++
    if (answers) res.writeHead(503).end('[]')
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await until(() => server.listening)
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, requests: () => requests }
}

it.each([
  { name: 'refuses', answers: true },
  { name: 'does not answer', answers: false },
])('a publisher that is closed ends, also while its server $name', async ({ answers }) => {
  const { url, requests } = await startRefusing(answers)
  const publisher = new Publisher('one', url, new Ledger())
  onTestFinished(() => publisher.close())
  const running = publisher.run()
  await until(() => requests() > (answers ? 2 : 0))
  publisher.close()
  await expect(running).resolves.toBeUndefined()
})
