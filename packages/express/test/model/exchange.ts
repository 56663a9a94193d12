import { connect, type Socket } from 'node:net'
import type { Request, Response } from 'express'
import { Unwritable } from './errors.ts'

/** What a client is told, as it comes. */
export interface ExchangeListener {
  head(status: number, headers: ReadonlyMap<string, string>): void
  /** A piece of the body. `offset`: where it begins, in bytes from the start of the response. */
  body(text: string, offset: number): void
  /** Called once: the response is complete, or the connection broke before. */
  over(how: 'complete' | 'broken'): void
}

/**
 * A request and its response, seen from both ends of the connection. The client knows nothing but its socket: so it can stop reading and leave
 * at any time, and knows at which byte of the response it is told what.
 */
export class Exchange {
  hasLeft = false
  isPaused = false
  /** Whether the server knows that the response is over. */
  isOver = false
  readonly #client: Socket
  readonly #listener: ExchangeListener
  #response: Response | undefined
  /** The server's end. */
  #socket: Socket | undefined
  #rest: Buffer = Buffer.alloc(0)
  /** The bytes of the response that were parsed. */
  #parsed = 0
  #body: 'head' | 'chunks' | 'over' | { left: number } = 'head'

  /** @param request its lines, without an end of line */
  constructor(port: number, request: readonly string[], body: string, listener: ExchangeListener) {
    this.#listener = listener
    const client = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#client = client
    client.on('data', (bytes) => this.#take(bytes))
    // What a broken connection means is told by 'close'.
    client.on('error', () => {})
    client.on('close', () => this.#end('broken'))
    client.write(`${request.join('\r\n')}\r\n\r\n${body}`)
  }

  /** The server has the request. */
  arrive(request: Request, response: Response): void {
    this.#socket = request.socket
    this.#response = response
    response.on('close', () => {
      this.isOver = true
    })
  }

  get hasArrived(): boolean {
    return this.#socket !== undefined
  }

  /** Bytes that the server has written: what it writes later has a higher offset. */
  get written(): number {
    return this.#socket?.bytesWritten ?? 0
  }

  /** Bytes that wait in the server for the client to take them. */
  get pending(): number {
    return this.#socket && !this.#socket.destroyed ? this.#socket.writableLength : 0
  }

  /** Whether so much waits that nothing more is written. */
  get isFull(): boolean {
    return this.pending >= (this.#socket?.writableHighWaterMark ?? Number.POSITIVE_INFINITY)
  }

  /** Bytes that the client has read. */
  get received(): number {
    return this.#client.bytesRead
  }

  /** Whether something is on its way from one end to the other. */
  get isInFlight(): boolean {
    if (this.hasLeft || this.#body === 'over') return this.hasArrived && !this.isOver
    if (!this.#socket) return true
    if (this.isPaused) return false
    return this.#socket.destroyed ? !this.#client.closed : this.received !== this.written
  }

  /** The client reads no more. The kernel would take megabytes before the server notices: so the server's socket takes nothing either. */
  stall(): void {
    if (this.isPaused) return
    this.isPaused = true
    this.#client.pause()
    this.#socket?.cork()
  }

  /** The client reads on. */
  drain(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.#socket?.uncork()
    this.#client.resume()
  }

  /** From now on nothing can be written to the connection. */
  break(): void {
    if (!this.#socket) return
    this.#socket.write = () => {
      throw new Unwritable()
    }
  }

  /** The app ends the response after an error. */
  fail(): void {
    this.#response?.destroy()
  }

  /** @param inOrder whether the client leaves with a FIN, else with a RST */
  leave(inOrder: boolean): void {
    if (this.hasLeft || this.#body === 'over') return
    this.hasLeft = true
    this.#body = 'over'
    if (inOrder) this.#client.destroy()
    else this.#client.resetAndDestroy()
  }

  #take(bytes: Buffer): void {
    if (this.#body === 'over') return
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    for (let progress = true; progress; ) progress = this.#parse()
  }

  #parse(): boolean {
    if (this.#body === 'over') return false
    if (this.#body === 'head') return this.#parseHead()
    if (this.#body === 'chunks') return this.#parseChunk()
    const { left } = this.#body
    if (this.#rest.length < left) return false
    const offset = this.#parsed
    this.#listener.body(this.#skip(left).toString(), offset)
    this.#end('complete')
    return false
  }

  #parseHead(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n')
    if (end === -1) return false
    const [first = '', ...lines] = this.#skip(end + 4)
      .toString('latin1', 0, end)
      .split('\r\n')
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
      }),
    )
    const isChunked = headers.get('transfer-encoding') === 'chunked'
    this.#body = isChunked ? 'chunks' : { left: Number(headers.get('content-length') ?? 0) }
    this.#listener.head(Number(first.split(' ')[1]), headers)
    return true
  }

  /** RFC 9112, 7.1. */
  #parseChunk(): boolean {
    const line = this.#rest.indexOf('\r\n')
    if (line === -1) return false
    const size = Number.parseInt(this.#rest.toString('latin1', 0, line), 16)
    if (this.#rest.length < line + 2 + size + 2) return false
    const offset = this.#parsed
    const data = this.#skip(line + 2 + size + 2).subarray(line + 2, line + 2 + size)
    if (size === 0) this.#end('complete')
    else this.#listener.body(data.toString(), offset)
    return size > 0
  }

  #skip(bytes: number): Buffer {
    const taken = this.#rest.subarray(0, bytes)
    this.#rest = this.#rest.subarray(bytes)
    this.#parsed += bytes
    return taken
  }

  #end(how: 'complete' | 'broken'): void {
    if (this.#body === 'over') return
    this.#body = 'over'
    this.#listener.over(how)
    this.#client.destroy()
  }
}
