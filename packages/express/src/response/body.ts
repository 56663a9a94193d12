import { Duplex } from 'node:stream'
import type { Frame } from '@sse/core'
import { joinFrames } from '@sse/core/internal'
import type { Response } from 'express'
import { isOver } from './response.ts'

/**
 * The way through `res.write`, whatever stands there: one call with one buffer, because every call makes a chunk of its own.
 *
 * A middleware that compresses (for an app that removes `no-transform`) buffers what is written until it is flushed, and the response's
 * `writableLength` does not show it: with `compression`, 12 MB were queued and 0 reported. So every write is flushed, and the compressor is asked
 * as well.
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

  /** Bytes taken and not yet handed to the operating system. */
  get pending(): number {
    const { writableLength = 0, readableLength = 0 } = this.#compressor ?? {}
    return writableLength + readableLength + this.#response.writableLength
  }

  /** Takes the frames in any case. `false` says that it is full. Node would report a write to a response that is over as an error. */
  write(frames: readonly Frame[]): boolean {
    if (isOver(this.#response)) return true
    const room = this.#response.write(joinFrames(frames).bytes)
    if (this.#flushes) this.#response.flush?.()
    return room
  }
}
