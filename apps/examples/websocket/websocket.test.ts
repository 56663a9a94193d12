import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { until } from '@sse/testbed'
import { expect, onTestFinished, test } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { runExample } from '../test/example.ts'

interface Message {
  readonly notification?: { readonly number: number }
  readonly read?: number
}

async function connect(origin: string, query = '', options: ClientOptions = {}) {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/socket${query}`, options)
  onTestFinished(() => socket.terminate())
  const messages: Message[] = []
  socket.on('message', (message) => messages.push(JSON.parse(String(message))))
  await once(socket, 'open')
  const numbers = () => messages.flatMap(({ notification }) => notification?.number ?? [])
  return { socket, messages, numbers }
}

test('the handshake is HTTP, and ends it: 101, with the hash of the key', async () => {
  const { origin } = await runExample('websocket')
  const key = randomBytes(16).toString('base64')
  const headers = {
    ...{ Connection: 'Upgrade', Upgrade: 'websocket' },
    ...{ 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': key },
  }
  const [response, socket] = await once(get(`${origin}/socket`, { headers }), 'upgrade')
  onTestFinished(() => socket.destroy())
  expect((response as IncomingMessage).statusCode).toBe(101)
  // RFC 6455, 1.3: the key with a fixed text, SHA-1, Base64.
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  expect((response as IncomingMessage).headers['sec-websocket-accept']).toBe(accept)
})

test('who comes back says where it was, and gets every notification once', async () => {
  const { origin } = await runExample('websocket', { INTERVAL: '20' })
  const first = await connect(origin)
  await until(() => first.numbers().length >= 3)
  first.socket.terminate()
  const missing = await connect(origin)
  await until(() => missing.numbers().length >= 3)

  const second = await connect(origin, `?after=${first.numbers().at(-1)}`)
  await until(() => second.numbers().length >= 3)
  const all = [...first.numbers(), ...second.numbers()]
  expect(all).toEqual(all.map((_, index) => all[0]! + index))
})

test('what one client says on its connection all are told, nonsense nobody', async () => {
  const { origin } = await runExample('websocket')
  const [one, two] = [await connect(origin), await connect(origin)]
  for (const text of ['no JSON', '{"read":"x"}', 'null', '{"read":7}']) one.socket.send(text)
  await until(() => two.messages.length > 0 && one.messages.length > 0)
  expect([...one.messages, ...two.messages]).toEqual([{ read: 7 }, { read: 7 }])
})

test('who does not answer pings is cut off, who does is not', async () => {
  const { origin } = await runExample('websocket', { HEARTBEAT: '500' })
  const healthy = await connect(origin)
  const dead = await connect(origin, '', { autoPong: false })
  await once(dead.socket, 'close')
  expect(healthy.socket.readyState).toBe(WebSocket.OPEN)
})

test('a page of another site is refused', async () => {
  const { origin } = await runExample('websocket')
  for (const other of ['https://other.example', 'null']) {
    await expect(connect(origin, '', { origin: other })).rejects.toThrow('401')
  }
  await connect(origin, '', { origin })
})
