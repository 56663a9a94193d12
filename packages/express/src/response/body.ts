import type { Frame } from '@sse/core'

/** A way through `res.write` in which the frames of a stream leave. */
export interface Body {
  /**
   * Takes the frames in any case; `false` says that it is full: write no more before it has drained. A response that is over, although its
   * 'close' is still to come, is not written to: Node would report that as an error.
   */
  write(frames: readonly Frame[]): boolean
  /** Bytes taken and not yet handed to the operating system. */
  readonly pending: number
}

/** The bytes of all frames; those of a single one are not copied. */
export function joined(frames: readonly Frame[]): Uint8Array {
  const [first] = frames
  return frames.length === 1 && first ? first.bytes : Buffer.concat(frames.map(({ bytes }) => bytes))
}
