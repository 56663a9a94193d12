import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { driverOf } from './driver.ts'

/** A message of the protocol: its type, its length and its content. */
function message(type: string, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + bytes.length)
  return Buffer.concat([Buffer.from(type), length, bytes])
}

/** A server that accepts a connection and ends it in the same write, as `pg_terminate_backend` may do. */
async function startEndingServer(): Promise<number> {
  const isAuthenticated = message('R', Buffer.alloc(4))
  const isReady = message('Z', 'I')
  const isEnded = message('E', 'SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(Buffer.concat([isAuthenticated, isReady, isEnded])))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

// An `error` event without a listener would end the process, and makes this test fail.
it('a connection that is ended as it opens fails, and does not end the process', async () => {
  const pool = new pg.Pool({ host: '127.0.0.1', port: await startEndingServer(), user: 'a', database: 'a' })
  onTestFinished(() => pool.end())
  const driver = driverOf(pool, 5_000)
  const listening = driver.listen!('log', { notified() {}, lost() {} })
  await expect(listening).rejects.toThrow()
  await expect(driver.query('SELECT 1')).rejects.toThrow()
})
