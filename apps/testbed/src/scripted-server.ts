import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { listening } from './listening.ts'

/** One request, which the test answers. */
export interface Exchange {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Starts an event stream with this text. */
  open(text?: string): void
  /** Writes an event of the stream. */
  send(event: { event?: string; data?: unknown; id?: string; retry?: number }): void
  /** Writes raw bytes. */
  write(bytes: string | Uint8Array): void
  /** Answers with a status. */
  answer(status: number, headers?: Record<string, string>): void
  /** Answers 200 with this JSON. */
  json(document: unknown): void
  /** Begins a response of 200 with this content type. */
  start(type: string): void
  /** Ends the response normally. */
  end(): void
  /** Breaks the connection. */
  destroy(): void
  /** Resolves when the client has left, or the response has ended. */
  readonly closed: Promise<void>
}

/** A server that answers nothing by itself: the test takes its requests one by one and answers them. */
export interface ScriptedServer {
  readonly url: string
  /** The next request, in the order of arrival. */
  next(): Promise<Exchange>
  /** How many requests no `next` has taken. */
  readonly waiting: number
}

export async function createScriptedServer(): Promise<ScriptedServer> {
  const arrived: Exchange[] = []
  const awaited: ((exchange: Exchange) => void)[] = []
  const { origin } = await listening(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', headers } = request
    const url = new URL(request.url ?? '/', `http://${headers.host}`)
    const exchange = { method, url, headers, body, ...controls(response) }
    const taker = awaited.shift()
    if (taker) taker(exchange)
    else arrived.push(exchange)
  })
  return {
    url: `${origin}/events`,
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
