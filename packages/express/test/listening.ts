import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on a free port. */
export interface ListeningServer {
  readonly origin: string
  readonly port: number
  readonly server: Server
  close(): void
}

export async function listening(app: RequestListener): Promise<ListeningServer> {
  const server = createServer(app).listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { origin: `http://localhost:${port}`, port, server, close }
}
