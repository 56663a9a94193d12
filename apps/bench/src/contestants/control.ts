import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** The bytes that ask for one turn: when it was asked for, as a double. */
export const pulseBytes = 8

/**
 * A connection by which the load itself asks for the next turn: a read of eight bytes costs the server less than a message of
 * the parent's channel would, and nothing where many streams are served.
 */
export async function openControl(pulse: (at: number) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (part) => {
      const bytes = rest.length > 0 ? Buffer.concat([rest, part]) : part
      let from = 0
      for (; from + pulseBytes <= bytes.length; from += pulseBytes) pulse(bytes.readDoubleLE(from))
      rest = bytes.subarray(from)
    })
  })
  // Each worker of a cluster has its own.
  server.listen({ port: 0, host: '127.0.0.1', exclusive: true })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
