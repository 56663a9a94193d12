import type { Socket } from 'node:net'
import type { Frame, Refusal, Transport } from '@sse/core'
import type { Response } from 'express'
import type { Middleware } from '../middleware.ts'
import { reportCut } from '../mistakes.ts'
import { readsProblems } from '../request.ts'
import type { Body } from './body/body.ts'
import { chunkOf, directSocketOf, onEnd, onGatheredWrite } from './body/direct.ts'
import { openBody } from './body/open-body.ts'
import { setStreamHead } from './head.ts'
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
  #ended = false
  /** Whether what the client gets is this stream, or its refusal. */
  answered = false
  onDrain: (() => void) | undefined
  onClose: (() => void) | undefined
  #destroyed = false
  readonly #drained = (): void => this.onDrain?.()

  constructor(response: Response, middleware: Middleware) {
    this.#response = response
    response.on('close', () => {
      if (this.answered && !this.#destroyed && !response.writableEnded)
        reportCut(middleware, response, response.req.socket)
      // A connection that is kept alive outlives its response.
      this.#socket?.off('drain', this.#drained)
      this.onClose?.()
    })
  }

  get closed(): boolean {
    return isOver(this.#response)
  }

  get pending(): number {
    // A session store may hold the end of a response back until it has answered. What never ends counts as never taken.
    const held = this.#ended && !this.#response.writableEnded ? 1 : 0
    return held + ((this.#body ? this.#body.pending : this.#socket?.writableLength) ?? 0)
  }

  open(): void {
    const response = this.#response
    // If it has begun as something else, the error that is thrown says so.
    this.answered = true
    checkNotBegun(response)
    response.statusCode = 200
    setStreamHead(response)
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
    // Kept alive, the connection of a server that shuts down would bring it further requests: a proxy may send one as soon as it has the end.
    if (lastOfConnection) this.#response.once('finish', () => socket?.pause().destroySoon())
    this.#ended = true
    this.#response.end()
  }

  refuse(refusal: Refusal): void {
    this.answered = true
    refuse(this.#response, refusal, readsProblems(this.#response.req))
  }

  destroy(): void {
    this.#destroyed = true
    this.#response.destroy()
  }

  #writeTo(socket: Socket): void {
    this.#direct = socket
    // Of a response that was not written to, Node emits no 'drain'.
    socket.on('drain', this.#drained)
    onEnd(this.#response, () => {
      this.#direct = undefined
    })
    // From then on all of it takes the same way.
    onGatheredWrite(this.#response, () => {
      this.#direct = undefined
      this.#body ??= openBody(this.#response, this.#drained)
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
