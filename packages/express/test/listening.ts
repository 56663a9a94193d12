import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that listens. */
export interface ListeningServer {
  readonly origin: string
  readonly port: number
  readonly server: Server
  close(): void
}

/** @param at a port. Default: a free one */
export async function listening(app: RequestListener, at = 0): Promise<ListeningServer> {
  const server = createServer(app).listen(at)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { origin: `http://localhost:${port}`, port, server, close }
}
