/** A piece of an event stream as bytes, encoded once and shared by all who get it. */
export interface Frame {
  readonly bytes: Uint8Array
}

/** A frame that is written and forgotten. */
export function frame(text: string): Frame {
  return { bytes: Buffer.from(text) }
}

/**
 * A frame that is held for long. It has memory of its own: cut out of Node's shared pool, 10,000 frames of 200 bytes
 * among other small buffers kept 45 MB of pool alive, this way 2 MB.
 */
export function heldFrame(text: string): Frame {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return { bytes }
}

/** Several frames as one, so that many clients are each given one buffer. */
export function joinFrames(frames: readonly Frame[]): Frame {
  const [first] = frames
  return frames.length === 1 && first ? first : { bytes: Buffer.concat(frames.map(({ bytes }) => bytes)) }
}
