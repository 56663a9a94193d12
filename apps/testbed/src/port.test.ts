import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { startBrokerServer } from './broker-process.ts'
import { freePort } from './port.ts'

const noBroker = new URL('data:text/javascript,export default () => {}')

test('a server can listen on the port, which no program gets that asks for any', async () => {
  const port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  expect(server.address()).toMatchObject({ port })
  // Where the ports begin that Linux gives to those who ask for any. Other systems begin higher.
  expect(port).toBeLessThan(32_768)
  server.close()
})

test('a server of a test whose port is taken does not say that it listens', async () => {
  const port = await freePort()
  const taken = createServer().listen(port, '127.0.0.1')
  await once(taken, 'listening')
  await expect(startBrokerServer(noBroker, port)).rejects.toThrow('EADDRINUSE')
  taken.close()
})
