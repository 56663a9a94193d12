import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { until } from '@sse/testbed'
import { expect, onTestFinished, test } from 'vitest'
import { createLine } from './line.ts'

/** A server for the line to lead to. */
async function startTarget(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Unlike `once` it takes an error before it for granted. */
const closed = (socket: Socket) => new Promise((resolve) => socket.resume().once('close', resolve))

async function startLine(target: number, latency: () => number = () => 0) {
  const line = createLine({ target, latency })
  const port = await line.listen(0, '127.0.0.1')
  onTestFinished(() => line.close())
  const call = () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    return socket
  }
  return { line, call }
}

test.each([0, 5])(
  'what is sent comes back the same, and both ends end, with a latency of %i ms',
  async (ms) => {
    const { call } = await startLine(await startTarget((socket) => socket.pipe(socket)), () => ms)
    const sent = randomBytes(3_000_000)
    const socket = call()
    socket.end(sent)
    expect(Buffer.compare(await buffer(socket), sent)).toBe(0)
  },
)

test('what went over a long line comes after what went later over a short one', async () => {
  const seen: string[] = []
  const target = await startTarget((socket) => socket.on('data', (bytes) => seen.push(String(bytes))))
  const [long, short] = [await startLine(target, () => 300), await startLine(target)]
  const late = long.call()
  late.write('late')
  await until(() => long.line.held === 4)
  short.call().write('early')
  await until(() => seen.length === 2)
  expect(seen).toEqual(['early', 'late'])
})

test('nothing is overtaken when the line becomes shorter', async () => {
  let latency = 200
  let seen = ''
  const target = await startTarget((socket) => socket.on('data', (bytes) => (seen += String(bytes))))
  const { line, call } = await startLine(target, () => latency)
  const socket = call()
  socket.write('first ')
  await until(() => line.held === 6)
  latency = 0
  socket.write('second')
  await until(() => seen.length === 12)
  expect(seen).toBe('first second')
})

test('cut, it breaks both ends and every new connection; mended, it carries again', async () => {
  const reached: Socket[] = []
  const target = await startTarget((socket) => {
    reached.push(socket.resume())
    socket.write('hello')
  })
  const { line, call } = await startLine(target)
  const open = call()
  await once(open, 'data')

  line.cut()
  await closed(open)
  await until(() => reached[0]?.destroyed)
  const refused = call()
  await closed(refused)
  expect(reached).toHaveLength(1)

  line.mend()
  const [bytes] = (await once(call(), 'data')) as [Buffer]
  expect(String(bytes)).toBe('hello')
})

test('a cut does not wait for who reads nothing', async () => {
  const reached: Socket[] = []
  const target = await startTarget((socket) => {
    reached.push(socket.resume())
    socket.write(Buffer.alloc(30_000_000))
  })
  const { line, call } = await startLine(target)
  const socket = call().pause()
  await until(() => line.held > 4 * 2 ** 20)
  line.cut()
  await until(() => reached[0]?.destroyed)
  // It reads nothing, and so only writing tells it.
  await until(() => {
    socket.write('anybody there?')
    return socket.destroyed
  })
})

test('a server that is not there breaks the connection', async () => {
  const { call } = await startLine(1)
  await closed(call())
})
