import type { ServerResponse } from 'node:http'

/**
 * The way through a middleware that compresses, for an app that takes `no-transform` away. Such a middleware holds what is written until it
 * is flushed, and what it holds is in no `writableLength`: observed with `compression`, 24 MB were queued and 20 kB reported. So it is
 * flushed after every write, and what was written since it was full is counted as pending, less what has left for the client since.
 */
export class CompressedBacklog {
  readonly #response: ServerResponse & { flush?: () => void }
  #written = 0
  /** What had left for the client when it became full; `undefined` while there is room. */
  #leftBefore: number | undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /** Bytes before compression: more than there are, and never fewer. */
  get pending(): number {
    if (this.#leftBefore === undefined) return this.#response.writableLength
    return Math.max(this.#response.writableLength, this.#written - (this.#left - this.#leftBefore))
  }

  write(bytes: Uint8Array): boolean {
    const room = this.#response.write(bytes)
    this.#response.flush?.()
    if (room && this.#leftBefore === undefined) return true
    this.#leftBefore ??= this.#left
    this.#written += bytes.length
    return false
  }

  drained(): void {
    this.#leftBefore = undefined
    this.#written = 0
  }

  /** Bytes that were handed to the operating system. */
  get #left(): number {
    const { socket } = this.#response
    return socket ? socket.bytesWritten - socket.writableLength : 0
  }
}
