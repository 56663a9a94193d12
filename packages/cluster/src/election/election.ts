import type { Server, Socket } from 'node:net'
import { pipeElection } from './named-pipe.ts'
import { socketElection } from './socket-folder.ts'

/** Finds the leader of a log, or makes this process the leader. */
export interface Election {
  /** Connects to the leader; `undefined` if there is none. */
  find(): Promise<Socket | undefined>
  /** Lets a server listen as the leader. @returns `undefined` if another one was faster. Then the server is closed. */
  claim(server: Server): Promise<Leadership | undefined>
}

export interface Leadership {
  /** Whether others still find this leader. They do not if somebody has deleted its socket. */
  isHeld(): Promise<boolean>
  /** Deletes the socket, so that others find no leader. */
  release(): Promise<void>
}

/** @param path the folder of the leader's socket; on Windows the name of its pipe is made of it */
export function createElection(path: string): Election {
  return process.platform === 'win32' ? pipeElection(path) : socketElection(path)
}
