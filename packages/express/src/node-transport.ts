import type { ServerResponse } from 'node:http'
import { type Frame, SseError, type Transport } from '@sse/core'

/**
 * Node's response as a transport. Only its 'close' says that the client is gone: the request's fires as soon as the request is read.
 */
export class NodeTransport implements Transport {
  onDrain: (() => void) | undefined
  onClose: (() => void) | undefined
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.once('close', () => this.onClose?.())
  }

  /** A client may have left before its stream was made, while the app awaited something. */
  get closed(): boolean {
    const response = this.#response
    return response.destroyed || response.writableEnded || response.req.socket.destroyed
  }

  get pending(): number {
    return this.#response.writableLength
  }

  open(): void {
    const response = this.#response
    if (response.headersSent) {
      throw new SseError(
        'headers-sent',
        'This response has begun as something else: open the stream before writing to it.',
      )
    }
    response.statusCode = 200
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8')
    response.setHeader('Cache-Control', 'no-cache, no-transform')
    // nginx holds back what it proxies unless it is told not to.
    response.setHeader('X-Accel-Buffering', 'no')
    response.removeHeader('Content-Length')
    response.flushHeaders()
    response.on('drain', () => this.onDrain?.())
    if (response.req.method === 'HEAD') response.end()
  }

  write(frames: readonly Frame[]): boolean {
    if (this.closed) return true
    const [first] = frames
    if (frames.length === 1 && first) return this.#response.write(first.bytes)
    return this.#response.write(Buffer.concat(frames.map(({ bytes }) => bytes)))
  }

  end({ lastOfConnection = false }: { lastOfConnection?: boolean } = {}): void {
    const { socket } = this.#response
    // Kept alive, the connection of a server that shuts down would bring it further requests.
    if (lastOfConnection) this.#response.once('finish', () => socket?.end())
    this.#response.end()
  }

  refuse(): void {
    if (this.#response.headersSent) return
    this.#response.statusCode = 204
    this.#response.setHeader('Cache-Control', 'no-store')
    this.#response.end()
  }

  destroy(): void {
    this.#response.destroy()
  }
}
