/** How a server gets its port, and what is said when it does not. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * @param address the port (0: a free one) and the address to listen on (undefined: every one of the machine)
 * @returns the port
 */
export async function listen(
  server: Server,
  address: { readonly port: number; readonly host: string | undefined },
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, resolve)
  })
  return (server.address() as AddressInfo).port
}

/**
 * Why a server could not start, in a sentence. For a port in use it has the way out.
 *
 * @param ports how many in a row the server takes, from `PORT` on
 */
export function explainFailure(error: unknown, ports = 1): string {
  if (!(error instanceof Error)) return String(error)
  if (!('code' in error) || error.code !== 'EADDRINUSE' || !('port' in error)) return error.message
  const port = Number(error.port)
  const choice =
    ports === 1 ? `a port: PORT=${port + 1}` : `the first of ${ports} ports in a row: PORT=${port + 100}`
  return `Port ${port} is in use by another program. Stop that one, or choose ${choice}`
}
