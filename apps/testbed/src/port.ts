import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A free TCP port of 127.0.0.1, for a process that must restart on the *same* port after it was killed. A server inside the test
 * should listen on port 0 instead, so that no other program can take the port before it.
 */
export function freePort(): Promise<number> {
  return freePorts(1)
}

/**
 * The first of several free ports in a row, for programs that listen side by side. They are below the ports that systems give to connections
 * and to programs that ask for any port: those may be in use a moment later.
 */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 20_000)
    const free = await Promise.all(Array.from({ length: count }, (_, offset) => isFree(first + offset)))
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
