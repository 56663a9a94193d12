import type { Socket } from 'node:net'
import type { Frame, Refusal, Transport } from '@sse/core'
import type { Response } from 'express'
import { readsProblems } from '../request.ts'
import type { Body } from './body/body.ts'
import { chunkOf, directSocketOf, onEnd } from './body/direct.ts'
import { openBody } from './body/open-body.ts'
import { refuse } from './refusal.ts'
import { checkNotBegun, isOver } from './response-state.ts'

/**
 * Node's response as a transport. Only its 'close' says that the client is gone: the request's fires as soon as the request is read.
 */
export class NodeTransport implements Transport {
  /** Written to where nothing stands between, until the response is ended; else the body is. First, because a broadcast needs nothing else. */
  #direct: Socket | undefined
  /** The same, as long as the connection is its response's. */
  #socket: Socket | undefined
  #body: Body | undefined
  readonly #response: Response
  onDrain: (() => void) | undefined
  onClose: (() => void) | undefined
  readonly #drained = (): void => this.onDrain?.()

  constructor(response: Response) {
    this.#response = response
    response.on('close', () => {
      // A connection that is kept alive outlives its response.
      this.#socket?.off('drain', this.#drained)
      this.onClose?.()
    })
  }

  get begun(): boolean {
    return this.#response.headersSent
  }

  get closed(): boolean {
    return isOver(this.#response)
  }

  get pending(): number {
    return (this.#socket ? this.#socket.writableLength : this.#body?.pending) ?? 0
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
    corkForThisTurn(response.socket)
    response.flushHeaders()
    this.#socket = directSocketOf(response)
    if (this.#socket) this.#writeTo(this.#socket)
    else this.#body = openBody(response, this.#drained)
    if (response.req.method === 'HEAD') response.end()
  }

  write(frames: readonly Frame[]): boolean {
    return this.#direct?.write(chunkOf(frames)) ?? this.#body?.write(frames) ?? true
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

  #writeTo(socket: Socket): void {
    this.#direct = socket
    // Of a response that was not written to, Node emits no 'drain'.
    socket.on('drain', this.#drained)
    onEnd(this.#response, () => {
      this.#direct = undefined
    })
  }
}

/** Head, greeting and what is replayed at once leave in one system call instead of three. */
function corkForThisTurn(socket: Socket | null): void {
  if (!socket) return
  socket.cork()
  process.nextTick(uncork, socket)
}

function uncork(socket: Socket): void {
  socket.uncork()
}
