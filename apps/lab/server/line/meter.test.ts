import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { until } from '@sse/testbed'
import { expect, onTestFinished, test } from 'vitest'
import { createMeter } from './meter.ts'

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** A socket that speaks HTTP by hand and counts by itself. */
async function startRawClient(port: number) {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let received = ''
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1')
  })
  onTestFinished(() => void socket.destroy())
  return {
    socket,
    get received() {
      return received
    },
    async ask(text: string, answer: string) {
      socket.write(text)
      await until(() => received.endsWith(answer))
    },
  }
}

const question = 'GET /poll HTTP/1.1\r\nHost: lab\r\nX-Long: some header\r\n\r\n'

test('counts every byte that a client sends and gets, headers included, open and closed', async () => {
  const server = createServer((_req, res) => res.end('the answer'))
  const meter = createMeter(server)
  const port = await listen(server)
  const [one, two] = [await startRawClient(port), await startRawClient(port)]
  await one.ask(question, 'the answer')
  await one.ask(question, 'the answerthe answer'.slice(10))
  await until(() => one.received.split('the answer').length === 3)
  await two.ask(question, 'the answer')

  const bytes = { bytesIn: 3 * question.length, bytesOut: one.received.length + two.received.length }
  expect(meter.read()).toEqual({ requests: 3, notModified: 0, connections: 2, ...bytes })
  expect(bytes.bytesOut).toBeGreaterThan(3 * 'the answer'.length)

  one.socket.destroy()
  await until(() => meter.read().connections === 1)
  expect(meter.read()).toEqual({ requests: 3, notModified: 0, connections: 1, ...bytes })
})

test('counts from nothing after a reset, on connections that stay', async () => {
  const server = createServer((_req, res) => res.end('the answer'))
  const meter = createMeter(server)
  const client = await startRawClient(await listen(server))
  await client.ask(question, 'the answer')
  const before = client.received.length
  meter.reset()
  expect(meter.read()).toEqual({ requests: 0, notModified: 0, connections: 1, bytesIn: 0, bytesOut: 0 })
  client.socket.write(question)
  await until(() => client.received.length === 2 * before)
  expect(meter.read()).toEqual({
    requests: 1,
    notModified: 0,
    connections: 1,
    bytesIn: question.length,
    bytesOut: before,
  })
})

test('counts an upgrade as a request, and what is said after it', async () => {
  const server = createServer()
  server.on('upgrade', (_req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n')
    socket.on('data', (bytes: Buffer) => socket.write(bytes))
  })
  const meter = createMeter(server)
  const client = await startRawClient(await listen(server))
  const upgrade = 'GET / HTTP/1.1\r\nHost: lab\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'
  await client.ask(upgrade, '\r\n\r\n')
  await client.ask('ping', 'ping')
  expect(meter.read()).toEqual({
    requests: 1,
    notModified: 0,
    connections: 1,
    bytesIn: upgrade.length + 4,
    bytesOut: client.received.length,
  })
})
