import type { Socket } from 'node:net'
import type { Frame, Refusal, Transport } from '@sse/core'
import { type Endpoint, readsProblems, refusalAnswer, streamHead } from '@sse/core/internal'
import type { Request, Response } from 'express'
import { reportCut } from '../mistakes.ts'
import { Body } from './body.ts'
import { chunkOf, directSocketOf, onEnd, onGatheredWrite } from './direct.ts'
import { checkNotBegun, isOver, send, setHead } from './response.ts'

/** Node's response as a transport. The client is gone at its 'close': the request's own fires as soon as the request is read. */
export class NodeTransport implements Transport {
  /**
   * The socket to write to if nothing stands in between, until the response is ended. Otherwise the body is written to. It is the first property
   * because a broadcast needs nothing else.
   */
  #direct: Socket | undefined
  /** The same socket, as long as the connection is the response's. */
  #socket: Socket | undefined
  #body: Body | undefined
  readonly #response: Response
  readonly #endpoint: Endpoint<Request>
  #ended = false
  /** Whether the client gets this stream, or its refusal. */
  answered = false
  onDrain: (() => void) | undefined
  onClose: (() => void) | undefined
  #destroyed = false
  readonly #drained = (): void => this.onDrain?.()

  constructor(response: Response, endpoint: Endpoint<Request>) {
    this.#response = response
    this.#endpoint = endpoint
    response.on('close', () => {
      if (this.answered && !this.#destroyed && !response.writableEnded)
        reportCut(endpoint, response, response.req.socket)
      // A connection that is kept alive outlives its response.
      this.#socket?.off('drain', this.#drained)
      this.onClose?.()
    })
  }

  get closed(): boolean {
    return isOver(this.#response)
  }

  get pending(): number {
    // A session store may delay the end of a response until it has answered. A response that never ends counts as never taken.
    const held = this.#ended && !this.#response.writableEnded ? 1 : 0
    return held + ((this.#body ? this.#body.pending : this.#socket?.writableLength) ?? 0)
  }

  open(): void {
    const response = this.#response
    // If the response has begun as something else, the error says so.
    this.answered = true
    checkNotBegun(response)
    response.statusCode = 200
    setHead(response, streamHead)
    corkForThisTurn(response.socket)
    response.flushHeaders()
    this.#socket = directSocketOf(response)
    if (this.#socket) this.#writeTo(this.#socket)
    else this.#body = new Body(response, this.#drained)
    if (response.req.method === 'HEAD') response.end()
  }

  write(frames: readonly Frame[]): boolean {
    return this.#direct?.write(chunkOf(frames)) ?? this.#body?.write(frames) ?? true
  }

  end({ lastOfConnection = false }: { lastOfConnection?: boolean } = {}): void {
    const { socket } = this.#response
    // A connection that is kept alive would bring more requests to a server that shuts down: a proxy may send one as soon as it has the end.
    if (lastOfConnection || this.#endpoint.closing)
      this.#response.once('finish', () => socket?.pause().destroySoon())
    this.#ended = true
    this.#response.end()
  }

  refuse(refusal: Refusal): void {
    this.answered = true
    const seesStatus = readsProblems(this.#response.req.get('Accept'))
    send(this.#response, (own) => refusalAnswer(refusal, seesStatus, own))
  }

  destroy(): void {
    this.#destroyed = true
    this.#response.destroy()
  }

  #writeTo(socket: Socket): void {
    this.#direct = socket
    // Node emits no 'drain' for a response that was not written to.
    socket.on('drain', this.#drained)
    onEnd(this.#response, () => {
      this.#direct = undefined
    })
    // From then on everything takes the same way.
    onGatheredWrite(this.#response, () => {
      this.#direct = undefined
      this.#body ??= new Body(this.#response, this.#drained)
    })
  }
}

/** The head, the greeting and the first replayed events leave in one system call instead of three. */
function corkForThisTurn(socket: Socket | null): void {
  if (!socket) return
  socket.cork()
  process.nextTick(uncork, socket)
}

function uncork(socket: Socket): void {
  socket.uncork()
}
