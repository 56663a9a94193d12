import type { Socket } from 'node:net'
import type { Response } from 'express'

/** The sockets of the open streams: for the faults that people try on their own, and for the operator's figures. */
export interface OpenLines {
  /** Counts a stream until its response is closed. */
  add(session: string, res: Response): void
  /** Those of one session. */
  of(session: string): Socket[]
  figures(): LineFigures
}

export interface LineFigures {
  /** Streams whose sockets take nothing more for now. */
  readonly paused: number
  /** Bytes that wait to be sent. */
  readonly pendingBytes: number
  /** Bytes handed to the sockets so far, of streams that have ended too. */
  readonly bytes: number
}

interface Line {
  readonly session: string
  readonly socket: Socket
  /** What the connection had carried before the stream, on other requests. */
  readonly bytesBefore: number
}

export function createOpenLines(): OpenLines {
  const lines = new Set<Line>()
  let bytesOfEnded = 0
  const bytesOf = ({ socket, bytesBefore }: Line) => socket.bytesWritten - bytesBefore

  return {
    add(session, res) {
      const { socket } = res
      if (!socket || res.closed) return
      const line: Line = { session, socket, bytesBefore: socket.bytesWritten }
      lines.add(line)
      res.once('close', () => {
        lines.delete(line)
        bytesOfEnded += bytesOf(line)
      })
    },
    of: (session) => [...lines].filter((line) => line.session === session).map(({ socket }) => socket),
    figures() {
      let paused = 0
      let pendingBytes = 0
      let bytes = bytesOfEnded
      for (const line of lines) {
        if (line.socket.writableNeedDrain) paused++
        pendingBytes += line.socket.writableLength
        bytes += bytesOf(line)
      }
      return { paused, pendingBytes, bytes }
    },
  }
}
