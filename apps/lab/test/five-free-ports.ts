import { once } from 'node:events'
import { createServer } from 'node:net'
import { freePort } from '@sse/testbed'

/** The first of five ports in a row that nobody listens on, for a lab that must come back on the same ones. */
export async function fiveFreePorts(): Promise<number> {
  for (;;) {
    const first = await freePort()
    const free = await Promise.all([0, 1, 2, 3, 4].map((offset) => isFree(first + offset)))
    if (free.every(Boolean)) return first
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port)
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
