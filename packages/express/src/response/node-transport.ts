import type { Socket } from 'node:net'
import type { Frame, Refusal, Transport } from '@sse/core'
import { type Endpoint, readsProblems, refusalAnswer, streamHead } from '@sse/core/internal'
import type { Request, Response } from 'express'
import { reportCut } from '../mistakes.ts'
import { Body } from './body.ts'
import { chunkOf, directSocketOf, onEnd, onGatheredWrite } from './direct.ts'
import { checkNotBegun, isOver, send, setHead } from './response.ts'

/** Node's response as a transport. Its 'close' means that the client has left. The request's own 'close' fires as soon as the request is read. */
export class NodeTransport implements Transport {
  /**
   * The socket for direct writes, until the response is ended. If it is undefined, `#body` is written to. It is the first property, because a
   * broadcast needs nothing else.
   */
  #direct: Socket | undefined
  /** The same socket, until the response is closed. */
  #socket: Socket | undefined
  #body: Body | undefined
  readonly #response: Response
  readonly #endpoint: Endpoint<Request>
  #ended = false
  /** Whether the client gets this response, and not one that the app made itself. */
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
    // A session store may delay the end of a response. While it has not ended, it counts as unread.
    const held = this.#ended && !this.#response.writableEnded ? 1 : 0
    return held + ((this.#body ? this.#body.pending : this.#socket?.writableLength) ?? 0)
  }

  open(): void {
    const response = this.#response
    // If the app has begun another response, the error that this throws reports it.
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
    // A kept-alive connection would bring more requests to a server that shuts down: a proxy may send one as soon as it has the end.
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
    // From then on this stream also writes by `res.write`.
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
