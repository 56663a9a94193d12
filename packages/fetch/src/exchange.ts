import { type PollResponse, SseError, type SseStream, type Transport } from '@sse/core'
import { type Answer, type Exchange, show } from '@sse/core/internal'
import { Body } from './body.ts'
import { WebPollResponse } from './poll-response.ts'
import { WebTransport } from './transport.ts'

/** Headers that the app adds to a response. */
export interface OwnHeaders {
  /** For example cookies, or CORS headers. Without the option `origins`, the CORS headers decide which pages may open the stream. */
  readonly headers?: ConstructorParameters<typeof Headers>[0] | undefined
}

/** The status of a response whose client has left. Only logs see it; nginx uses the same one. */
const clientLeft = 499

/** A web `Request`, and the `Response` to it. */
export class WebExchange implements Exchange<Request> {
  readonly request: Request
  readonly url: string
  readonly address: string | undefined
  /** The response, as soon as it has a head. */
  readonly response: Promise<Response>
  /** Whether the stream has begun to open. Then it answers the request. */
  used = false
  readonly #settle = Promise.withResolvers<Response>()
  readonly #own: Headers
  readonly #lastOfConnection: () => boolean
  #over: (() => void) | undefined
  readonly #left = (): void => {
    this.#body?.leave()
    this.finish()
    this.#settle.resolve(new Response(null, { status: clientLeft }))
  }
  #body: Body | undefined
  #answered = false
  #closed = false

  /** @param options `lastOfConnection`: whether the server shuts down */
  constructor(
    request: Request,
    own: OwnHeaders | undefined,
    { client, lastOfConnection }: { client: string | undefined; lastOfConnection: () => boolean },
  ) {
    checkRequest(request)
    this.request = request
    this.url = request.url
    this.address = client
    this.response = this.#settle.promise
    this.#own = new Headers(own?.headers)
    this.#lastOfConnection = lastOfConnection
    if (request.signal?.aborted) this.#left()
    else request.signal?.addEventListener('abort', this.#left)
  }

  get hostname(): string {
    return new URL(this.url).hostname
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Whether a response was made. */
  get answered(): boolean {
    return this.#answered
  }

  header(name: string): string | undefined {
    // A platform that builds the URL from the header may leave it out.
    return this.request.headers.get(name) ?? (name === 'host' ? new URL(this.url).host : undefined)
  }

  ownHeader(name: string): string | undefined {
    return this.#own.get(name) ?? undefined
  }

  opening(): void {
    this.used = true
  }

  transport(): Transport {
    return new WebTransport(this)
  }

  pollResponse(): PollResponse {
    return new WebPollResponse(this)
  }

  /** The body of the response. @param over called when the response is over */
  createBody(over: () => void): Body {
    this.#body = new Body(() => {
      this.finish()
      over()
    })
    return this.#body
  }

  onOver(callback: (stream: SseStream) => void, stream: SseStream): void {
    if (this.#closed) callback(stream)
    else this.#over = () => callback(stream)
  }

  /** Answers with a head, and with a body if the request is not `HEAD`. */
  answer({ status, head }: Answer, body?: string | ReadableStream<Uint8Array>): void {
    if (this.#answered || this.#closed) return
    this.#answered = true
    for (const [name, value] of head) {
      if (value === undefined) this.#own.delete(name)
      else this.#own.set(name, value)
    }
    if (this.#lastOfConnection()) this.#own.set('Connection', 'close')
    const sent = this.request.method === 'HEAD' ? null : (body ?? null)
    this.#settle.resolve(new Response(sent, { status, headers: this.#own }))
  }

  /** Answers with a whole response. */
  answerAll(answer: Answer): void {
    this.answer(answer, answer.body)
    this.finish()
  }

  /** Called when the handler of the app has failed. The promise rejects with its error, or an open response is broken. */
  fail(error: unknown): void {
    this.#settle.reject(error)
    this.#body?.destroy()
    this.finish()
  }

  /** The response is over. */
  finish(): void {
    if (this.#closed) return
    this.#closed = true
    this.request.signal?.removeEventListener('abort', this.#left)
    this.#over?.()
  }
}

/** @throws {SseError} `invalid-option` */
function checkRequest(request: Request): void {
  if (typeof request?.url === 'string' && typeof request.headers?.get === 'function') return
  const message = `The request must be a web Request, not ${show(request)}: it is c.req.raw in Hono, and event.req in h3.`
  throw new SseError('invalid-option', message, { value: request })
}
