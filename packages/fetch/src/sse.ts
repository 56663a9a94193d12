import {
  type AnyEvents,
  type CloseHubOptions,
  type EventMap,
  type RegisteredEvents,
  SseError,
  type SseStream,
} from '@sse/core'
import { checkEndpointOptions, checkFunction, Endpoint, show } from '@sse/core/internal'
import { type OwnHeaders, WebExchange } from './exchange.ts'
import type { SseOptions } from './options.ts'

/** The function that `sse()` returns. */
export interface OpenStream<E extends EventMap = AnyEvents> {
  /**
   * Answers a request with a stream, a poll or a refusal. The stream opens at the end of the turn of the handler's first `subscribe`, or at its
   * first `send`, `comment` or `from`. Until then the promise rejects with an error of the handler.
   *
   * @param use the handler. It is called at once, and may be async
   * @param own headers of the response
   * @throws (rejected) what the handler throws; {@link SseError} `invalid-option`, also if the handler ends without using the stream
   */
  (request: Request, use: (stream: SseStream<E>) => unknown, own?: OwnHeaders): Promise<Response>
  /**
   * Ends the streams of this `sse()`, spread over `drain` milliseconds (default 0). Each client is told to reconnect after a time drawn from
   * `retry` (milliseconds, default 1,000 to 5,000). From the call on no stream opens. This is for streams without a hub; `hub.close()` does
   * the same for all streams of a hub.
   *
   * @throws {SseError} `invalid-option`
   */
  close(options?: CloseHubOptions): Promise<void>
}

/** The endpoint of one `sse()`, and the exchanges of its requests. */
export interface Served {
  readonly endpoint: Endpoint<Request>
  exchangeOf(request: Request, own: OwnHeaders | undefined): WebExchange
}

/** The endpoint behind each `open`. */
export const servedBy = new WeakMap<object, Served>()
/** The endpoints of each hub. */
export const servedOf = new WeakMap<object, Served[]>()

/**
 * Makes the function that answers requests with streams: `return open(request, (stream) => { stream.subscribe('news') })`.
 *
 * @throws {SseError} `invalid-option`
 */
export function sse<E extends EventMap = RegisteredEvents>(options?: SseOptions<E>): OpenStream<E>
export function sse(options: SseOptions<AnyEvents> = {}, ...more: unknown[]): OpenStream {
  if (more.length > 0) {
    const message =
      'sse answers no request itself: call it once, as in const open = sse({ hub }), and open(request, handler) for each request.'
    throw new SseError('invalid-option', message)
  }
  checkEndpointOptions(options, ['client'])
  const { hub, client } = options
  checkFunction('client', client)
  const endpoint = new Endpoint<Request>(options)
  const exchangeOf = (request: Request, own: OwnHeaders | undefined) =>
    new WebExchange(request, own, {
      client: client?.(request),
      lastOfConnection: () => endpoint.closing,
    })

  /** Runs a handler. Its error rejects the promise. If the response has begun, it is cut off and the error is reported. */
  async function run(use: () => unknown, exchange: WebExchange): Promise<void> {
    try {
      await use()
      // A hub that closes refuses the stream by itself.
      if (!exchange.used && !exchange.answered && !exchange.closed && !endpoint.closing) {
        const message =
          'The handler has ended without using its stream: call subscribe, send, comment, from or close in it.'
        throw new SseError('invalid-option', message)
      }
    } catch (error) {
      if (exchange.answered || exchange.closed) {
        if (hub) hub.report(error)
        else console.error(error)
      }
      exchange.fail(error)
    }
  }

  async function open(
    request: Request,
    use: (stream: SseStream) => unknown,
    own?: OwnHeaders,
  ): Promise<Response> {
    if (typeof use !== 'function') {
      const message = `The handler must be a function that is given the stream, not ${show(use)}: open(request, (stream) => { … }).`
      throw new SseError('invalid-option', message, { value: use })
    }
    const arrival = endpoint.arrival()
    const exchange = exchangeOf(request, own)
    const stream = endpoint.open(exchange, arrival)
    void run(() => use(stream), exchange)
    return exchange.response
  }

  const opener = Object.assign(open, { close: (closing?: CloseHubOptions) => endpoint.close(closing) })
  const served = { endpoint, exchangeOf }
  servedBy.set(opener, served)
  if (hub) servedOf.set(hub, [...(servedOf.get(hub) ?? []), served])
  return opener
}
