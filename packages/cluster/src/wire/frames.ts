/** Bytes of the length before each frame. */
const headerBytes = 4
/** V8 has no longer strings: `buffer.constants.MAX_STRING_LENGTH`. */
const mostBytes = 0x1fffffe8

/** A frame: the length of a text in bytes, and the text in UTF-8. */
export function encodeFrame(text: string): Buffer {
  const bytes = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(headerBytes + bytes)
  frame.writeUInt32BE(bytes, 0)
  frame.write(text, headerBytes)
  return frame
}

/** A frame without a text says that the other side lives. */
export const keepAlive = encodeFrame('')

/** Finds frames in the chunks of a socket. */
export class FrameReader {
  #chunks: Buffer[] = []
  #bytes = 0

  /** @returns the texts of all frames that are complete. @throws Error for a frame that is too long */
  read(chunk: Buffer): string[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    const texts: string[] = []
    while (this.#bytes >= headerBytes) {
      const header = this.#peek(headerBytes)
      const end = headerBytes + header.readUInt32BE(0)
      if (end > mostBytes) throw new Error(`a frame of ${end} bytes is too long`)
      if (this.#bytes < end) break
      const frame = this.#peek(end)
      texts.push(frame.toString('utf8', headerBytes, end))
      this.#skip(end)
    }
    return texts
  }

  /** The first bytes, in one chunk. Chunks are joined only when a frame is complete. */
  #peek(bytes: number): Buffer {
    const [first] = this.#chunks
    if (first && first.length >= bytes) return first
    const joined = Buffer.concat(this.#chunks, this.#bytes)
    this.#chunks = [joined]
    return joined
  }

  #skip(bytes: number): void {
    const [first] = this.#chunks
    this.#bytes -= bytes
    const rest = first!.subarray(bytes)
    this.#chunks = rest.length > 0 ? [rest, ...this.#chunks.slice(1)] : this.#chunks.slice(1)
  }
}
