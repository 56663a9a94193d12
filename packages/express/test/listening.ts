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

/** The program's side of `startServer`: it tells its port, and then answers each command. */
export async function serveParent<Command>(
  app: RequestListener,
  answer: (command: Command) => unknown,
): Promise<Server> {
  const { server, port } = await listening(app)
  process.on('disconnect', () => process.exit())
  process.on('message', async (command: Command) => process.send?.((await answer(command)) ?? null))
  process.send?.(port)
  return server
}
