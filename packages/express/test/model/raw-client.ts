import { connect, type Socket } from 'node:net'

/** What a client is told, as it comes. */
export interface RawListener {
  head(status: number, headers: ReadonlyMap<string, string>): void
  /** A piece of the body. `offset`: where it begins, in bytes from the start of the response. */
  body(text: string, offset: number): void
  /** Called once: the response is complete, or the connection broke before. */
  over(how: 'complete' | 'broken'): void
}

/**
 * A client of one request that knows nothing but its socket: so it can stop reading and leave at any time, and knows at which byte of the
 * response it is told what.
 */
export class RawClient {
  readonly #socket: Socket
  readonly #listener: RawListener
  #rest: Buffer = Buffer.alloc(0)
  /** The bytes of the response that were parsed. */
  #parsed = 0
  #body: 'head' | 'chunks' | 'over' | { left: number } = 'head'
  #closed = false

  /** @param request its lines, without an end of line */
  constructor(port: number, request: readonly string[], body: string, listener: RawListener) {
    this.#listener = listener
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket = socket
    socket.on('data', (bytes) => this.#take(bytes))
    // What a broken connection means is told by 'close'.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#over('broken')
    })
    socket.write(`${request.join('\r\n')}\r\n\r\n${body}`)
  }

  /** Bytes of the response that have arrived. */
  get received(): number {
    return this.#socket.bytesRead
  }

  get closed(): boolean {
    return this.#closed
  }

  get over(): boolean {
    return this.#body === 'over'
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** @param inOrder whether it leaves with a FIN, else with a RST */
  leave(inOrder: boolean): void {
    this.#body = 'over'
    if (inOrder) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
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
    this.#over('complete')
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
    if (size === 0) this.#over('complete')
    else this.#listener.body(data.toString(), offset)
    return size > 0
  }

  #skip(bytes: number): Buffer {
    const taken = this.#rest.subarray(0, bytes)
    this.#rest = this.#rest.subarray(bytes)
    this.#parsed += bytes
    return taken
  }

  #over(how: 'complete' | 'broken'): void {
    if (this.#body === 'over') return
    this.#body = 'over'
    this.#listener.over(how)
    this.#socket.destroy()
  }
}
