import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

/** A stream without a parser, for tests in which one process reads very much or very many. */
export class RawStream {
  readonly #response: IncomingMessage
  #next = Promise.withResolvers<void>()

  private constructor(response: IncomingMessage) {
    this.#response = response
    response.on('error', () => {})
  }

  /** Opens a stream. Until `read` nothing is read but its head and what fits into the first buffers. */
  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<RawStream> {
    const request = get(url, { agent: false, headers })
    const [response] = await once(request, 'response')
    request.on('error', () => {})
    return new RawStream(response)
  }

  /** @param onBlock gets each event and comment as bytes, without the blank line */
  read(onBlock: (block: Buffer) => void): this {
    let rest: Buffer = Buffer.alloc(0)
    this.#response.on('data', (chunk: Buffer) => {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      let from = 0
      for (let end = bytes.indexOf('\n\n'); end !== -1; end = bytes.indexOf('\n\n', from)) {
        onBlock(bytes.subarray(from, end))
        from = end + 2
      }
      rest = bytes.subarray(from)
      this.#next.resolve()
      this.#next = Promise.withResolvers()
    })
    this.#response.on('close', () => {
      this.#next.promise.catch(() => {})
      this.#next.reject(new Error('The stream has ended.'))
    })
    return this
  }

  /** Resolves when more was read. @throws (rejected) when the stream has ended */
  get more(): Promise<void> {
    return this.#next.promise
  }

  close(): void {
    this.#response.destroy()
  }
}
