import type { Frame, Refusal, Transport } from '@sse/core'
import type { Response } from 'express'
import { readsProblems } from '../request.ts'
import { CompressedBacklog } from './compressed-backlog.ts'
import { refuse } from './refusal.ts'
import { checkNotBegun, isOver } from './response-state.ts'

/**
 * Node's response as a transport. Only its 'close' says that the client is gone: the request's fires as soon as the request is read.
 */
export class NodeTransport implements Transport {
  onDrain: (() => void) | undefined
  onClose: (() => void) | undefined
  readonly #response: Response
  /** Only where a middleware compresses the stream all the same. */
  #compressed: CompressedBacklog | undefined

  constructor(response: Response) {
    this.#response = response
    response.once('close', () => this.onClose?.())
  }

  get closed(): boolean {
    return isOver(this.#response)
  }

  get pending(): number {
    return this.#compressed?.pending ?? this.#response.writableLength
  }

  open(): void {
    const response = this.#response
    checkNotBegun(response)
    response.statusCode = 200
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8')
    response.setHeader('Cache-Control', 'no-cache, no-transform')
    // nginx holds back what it proxies unless it is told not to.
    response.setHeader('X-Accel-Buffering', 'no')
    response.vary('Accept')
    response.removeHeader('Content-Length')
    response.flushHeaders()
    const drains: unknown = response.on('drain', () => this.onDrain?.())
    if (response.getHeader('Content-Encoding')) this.#compressed = new CompressedBacklog(response, drains)
    if (response.req.method === 'HEAD') response.end()
  }

  write(frames: readonly Frame[]): boolean {
    if (this.closed) return true
    const [first] = frames
    const bytes =
      frames.length === 1 && first ? first.bytes : Buffer.concat(frames.map((frame) => frame.bytes))
    return this.#compressed ? this.#compressed.write(bytes) : this.#response.write(bytes)
  }

  end({ lastOfConnection = false }: { lastOfConnection?: boolean } = {}): void {
    const { socket } = this.#response
    // Kept alive, the connection of a server that shuts down would bring it further requests.
    if (lastOfConnection) this.#response.once('finish', () => socket?.end())
    this.#response.end()
  }

  refuse(refusal: Refusal): void {
    refuse(this.#response, refusal, readsProblems(this.#response.req))
  }

  destroy(): void {
    this.#response.destroy()
  }
}
