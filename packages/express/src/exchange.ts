import type { Socket } from 'node:net'
import type { Frame, PollResponse, Refusal, SseStream, Transport } from '@sse/core'
import { type Endpoint, type Exchange, readsProblems, refusalAnswer, streamHead } from '@sse/core/internal'
import type { Request, Response } from 'express'
import { reportAnswered, reportCut } from './mistakes.ts'
import { Body } from './response/body.ts'
import { chunkOf, directSocketOf, onEnd, onGatheredWrite } from './response/direct.ts'
import { ExpressPollResponse } from './response/poll-response.ts'
import { checkNotBegun, isOver, ownHeader, send, setHead } from './response/response.ts'

/** A router passes an error on to the router around it at the end of a turn, and Express answers at the end of another one. So five may be nested. */
const openAfter = 8

const exchange = Symbol('exchange of @sse/express')

interface UsedResponse extends Response {
  [exchange]?: ExpressExchange
}

/**
 * A request and its response in Express, and the transport of its stream. It is one object, its listeners are shared functions, and what only
 * some streams need is created when they need it, because objects are most of what an idle stream costs.
 *
 * The 'close' of the response means that the client has left. The request's own 'close' fires as soon as the request is read.
 */
export class ExpressExchange implements Exchange<Request>, Transport {
  /**
   * The socket for direct writes, until the response is ended. If it is undefined, `#body` is written to. It is the first property, because a
   * broadcast needs nothing else.
   */
  #direct: Socket | undefined
  /** The same socket, until the response is closed. */
  #socket: Socket | undefined
  #body: Body | undefined
  readonly #response: UsedResponse
  readonly #endpoint: Endpoint<Request>
  #poll: ExpressPollResponse | undefined
  /** The admitted stream, and what is called with it when the response is over. */
  #stream: SseStream | undefined
  #onOver: ((stream: SseStream) => void) | undefined
  #ended = false
  /** Whether the client gets a stream or a refusal, and not a response that the app made itself. */
  #answered = false
  #destroyed = false
  /** The listener for 'drain'. Only a stream that was full has one. */
  #drained: (() => void) | undefined
  onDrain: (() => void) | undefined
  onClose: (() => void) | undefined

  constructor(response: Response, endpoint: Endpoint<Request>) {
    this.#response = response
    this.#endpoint = endpoint
    this.#response[exchange] = this
    response.on('close', onClose)
  }

  get request(): Request {
    return this.#response.req
  }

  get url(): string {
    return this.request.originalUrl
  }

  get hostname(): string {
    return this.request.hostname
  }

  get address(): string | undefined {
    return this.request.ip
  }

  get openAfter(): number {
    return openAfter
  }

  get closed(): boolean {
    return isOver(this.#response)
  }

  header(name: string): string | undefined {
    // Only `set-cookie` is a list, and requests do not have it. `request.get` would change the case of eight names per stream.
    return this.request.headers[name] as string | undefined
  }

  ownHeader(name: string): string | undefined {
    return ownHeader(this.#response, name)
  }

  transport(): Transport {
    return this
  }

  pollResponse(): PollResponse {
    this.#poll = new ExpressPollResponse(this.#response)
    return this.#poll
  }

  onOver(callback: (stream: SseStream) => void, stream: SseStream): void {
    this.#onOver = callback
    this.#stream = stream
  }

  get pending(): number {
    // A session store may delay the end of a response. While it has not ended, it counts as unread.
    const held = this.#ended && !this.#response.writableEnded ? 1 : 0
    return held + ((this.#body ? this.#body.pending : this.#socket?.writableLength) ?? 0)
  }

  open(): void {
    const response = this.#response
    // If the app has begun another response, the error that this throws reports it.
    this.#answered = true
    checkNotBegun(response)
    response.statusCode = 200
    setHead(response, streamHead)
    corkForThisTurn(response.socket)
    response.flushHeaders()
    this.#socket = directSocketOf(response)
    if (this.#socket) this.#writeTo(this.#socket)
    else this.#createBody()
    if (this.request.method === 'HEAD') response.end()
  }

  write(frames: readonly Frame[]): boolean {
    if (!this.#direct) return this.#body?.write(frames) ?? true
    if (this.#direct.write(chunkOf(frames))) return true
    this.#awaitDrain(this.#direct)
    return false
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
    this.#answered = true
    const seesStatus = readsProblems(this.request.headers.accept)
    send(this.#response, (own) => refusalAnswer(refusal, seesStatus, own))
  }

  destroy(): void {
    this.#destroyed = true
    this.#response.destroy()
  }

  /** Called when the response has ended. */
  writeNoMore(): void {
    this.#direct = undefined
  }

  /** Called when the response is over. */
  over(): void {
    const response = this.#response
    if (this.#answered && !this.#destroyed && !response.writableEnded)
      reportCut(this.#endpoint, response, response.req.socket)
    // A connection that is kept alive outlives its response.
    if (this.#drained) this.#socket?.off('drain', this.#drained)
    this.onClose?.()
    if (!this.#onOver || !this.#stream) return
    this.#onOver(this.#stream)
    if (!this.#answered && !this.#poll?.answered) reportAnswered(this.#endpoint, response)
  }

  #writeTo(socket: Socket): void {
    this.#direct = socket
    onEnd(this.#response, onResponseEnd)
    // From then on this stream also writes by `res.write`.
    onGatheredWrite(this.#response, () => {
      this.#direct = undefined
      if (!this.#body) this.#createBody()
    })
  }

  #createBody(): void {
    this.#body = new Body(this.#response, () => this.onDrain?.())
  }

  /** Node emits no 'drain' for a response that was not written to. */
  #awaitDrain(socket: Socket): void {
    if (this.#drained) return
    this.#drained = () => this.onDrain?.()
    socket.on('drain', this.#drained)
  }
}

function onClose(this: UsedResponse): void {
  this[exchange]?.over()
}

function onResponseEnd(this: UsedResponse): void {
  this[exchange]?.writeNoMore()
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
