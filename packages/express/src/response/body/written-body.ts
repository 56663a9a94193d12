import type { ServerResponse } from 'node:http'
import type { Frame } from '@sse/core'
import { isOver } from '../response-state.ts'
import { type Body, joined } from './body.ts'

/** Through `res.write`, whatever it is: one call with one buffer, because every call makes a chunk of its own. */
export class WrittenBody implements Body {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get pending(): number {
    return this.#response.writableLength
  }

  write(frames: readonly Frame[]): boolean {
    if (isOver(this.#response)) return true
    return this.#response.write(joined(frames))
  }
}
