import { Duplex } from 'node:stream'
import type { Frame } from '@sse/core'
import { joinFrames } from '@sse/core/internal'
import type { Response } from 'express'
import { isOver } from './response.ts'

/**
 * Writes by `res.write`, which a middleware may have wrapped. It makes one call with one buffer, because every call makes a chunk.
 *
 * A middleware that compresses (in an app that removes `no-transform`) buffers everything until a flush, and `writableLength` of the response
 * does not show it: with `compression`, 12 MB were queued and 0 reported. So every write is flushed, and the compressor's buffer is counted too.
 */
export class Body {
  readonly #response: Response & { flush?: () => void }
  readonly #compressor: Duplex | undefined
  readonly #flushes: boolean

  constructor(response: Response, drained: () => void) {
    this.#response = response
    // With `compression` this is the stream that compresses.
    const drains: unknown = response.on('drain', drained)
    this.#flushes = response.hasHeader('Content-Encoding')
    this.#compressor = this.#flushes && drains instanceof Duplex ? drains : undefined
  }

  /** Bytes that were written but not yet passed to the operating system. */
  get pending(): number {
    const { writableLength = 0, readableLength = 0 } = this.#compressor ?? {}
    return writableLength + readableLength + this.#response.writableLength
  }

  /** Writes the frames, even if it is full. @returns `false` if it is full now. A write to a response that is over would be an error in Node. */
  write(frames: readonly Frame[]): boolean {
    if (isOver(this.#response)) return true
    const room = this.#response.write(joinFrames(frames).bytes)
    if (this.#flushes) this.#response.flush?.()
    return room
  }
}
