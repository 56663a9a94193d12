import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Listening {
  readonly port: number
  readonly origin: string
  readonly server: Server
  /** Closes the server and all of its connections. The end of the test does so too. */
  close(): Promise<void>
}

/** @param port of 127.0.0.1; without it, a free one */
export async function listening(handler: RequestListener, port = 0): Promise<Listening> {
  const server = createServer(handler).listen(port, '127.0.0.1')
  await once(server, 'listening')
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= new Promise((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    return closed
  }
  onTestFinished(close)
  const { port: own } = server.address() as AddressInfo
  return { port: own, origin: `http://127.0.0.1:${own}`, server, close }
}
