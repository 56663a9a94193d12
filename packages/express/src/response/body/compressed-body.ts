import type { ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'
import type { Frame } from '@sse/core'
import { isOver } from '../response-state.ts'
import { type Body, joined } from './body.ts'

/**
 * The way through a middleware that compresses, for an app that takes `no-transform` away. Such a middleware holds what is written until it
 * is flushed, and what it holds is in no `writableLength` of the response: observed with `compression`, 12 MB were queued and 0 reported.
 * So it is flushed after every write, and the stream that it compresses by is asked as well.
 */
export class CompressedBody implements Body {
  readonly #response: ServerResponse & { flush?: () => void }
  readonly #compressor: Duplex | undefined

  /** @param drains what `response.on('drain')` gave: with `compression` that is the stream that it compresses by */
  constructor(response: ServerResponse, drains: unknown) {
    this.#response = response
    this.#compressor = drains instanceof Duplex ? drains : undefined
  }

  /** Bytes that wait to be compressed, or to leave. */
  get pending(): number {
    const { writableLength = 0, readableLength = 0 } = this.#compressor ?? {}
    return writableLength + readableLength + this.#response.writableLength
  }

  write(frames: readonly Frame[]): boolean {
    if (isOver(this.#response)) return true
    const room = this.#response.write(joined(frames))
    this.#response.flush?.()
    return room
  }
}
