import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** One request and its answer, in the hands of the test. */
export interface Exchange {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Starts an event stream with what is given as its first text. */
  open(text?: string): void
  /** Writes an event of the stream. */
  send(event: { event?: string; data?: unknown; id?: string; retry?: number }): void
  /** Writes bytes of the stream as they are. */
  write(bytes: string | Uint8Array): void
  /** Answers with a status. */
  answer(status: number, headers?: Record<string, string>): void
  /** Answers 200 with a document. */
  json(document: unknown): void
  /** Begins an answer of 200 with this type. */
  start(type: string): void
  /** Ends the stream in order. */
  end(): void
  /** Breaks the connection off. */
  destroy(): void
  /** Settles when the client has gone, or the answer has ended. */
  readonly closed: Promise<void>
}

/** A server that does nothing by itself: the test takes its requests one by one and answers them. */
export interface ScriptedServer {
  readonly url: string
  /** The next request, in the order of arrival. */
  next(): Promise<Exchange>
  /** Requests that no `next` has taken yet. */
  readonly waiting: number
}

export async function createScriptedServer(): Promise<ScriptedServer> {
  const arrived: Exchange[] = []
  const awaited: ((exchange: Exchange) => void)[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', headers } = request
    const url = new URL(request.url ?? '/', address())
    const exchange = { method, url, headers, body, ...controls(response) }
    const taker = awaited.shift()
    if (taker) taker(exchange)
    else arrived.push(exchange)
  })
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `${address()}/events`,
    next() {
      const exchange = arrived.shift()
      return exchange ? Promise.resolve(exchange) : new Promise((resolve) => awaited.push(resolve))
    },
    get waiting() {
      return arrived.length
    },
  }
}

function controls(response: ServerResponse): Omit<Exchange, 'method' | 'url' | 'headers' | 'body'> {
  const closed = new Promise<void>((resolve) => response.on('close', resolve))
  return {
    open(text = ':\n\n') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
      response.write(text)
    },
    send({ event, data, id, retry }) {
      const fields = { event, id, retry, data: typeof data === 'string' ? data : JSON.stringify(data) }
      const lines = Object.entries(fields).filter(([, value]) => value !== undefined)
      response.write(`${lines.map(([field, value]) => `${field}: ${value}\n`).join('')}\n`)
    },
    write: (bytes) => response.write(bytes),
    answer: (status, headers = {}) => response.writeHead(status, headers).end(),
    json: (document) =>
      void response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(document)),
    start: (type) => void response.writeHead(200, { 'Content-Type': type }),
    end: () => response.end(),
    destroy: () => response.destroy(),
    closed,
  }
}
