import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Election } from './election.ts'

/**
 * Elects a leader by a named pipe of Windows. Only one process can create the first instance of a pipe, and it is gone when that process ends
 * (`FILE_FLAG_FIRST_PIPE_INSTANCE`), so there is nothing to clean up.
 */
export function pipeElection(path: string): Election {
  const name = String.raw`\\.\pipe\sse-cluster-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`
  return {
    async find() {
      const socket = connect(name)
      try {
        await once(socket, 'connect')
        return socket
      } catch (error) {
        socket.destroy()
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },

    async claim(server) {
      try {
        // `exclusive`: a worker of `node:cluster` would otherwise share a pipe of the primary.
        server.listen({ path: name, exclusive: true })
        await once(server, 'listening')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
        throw error
      }
      return { isHeld: async () => true, release: async () => {} }
    },
  }
}
