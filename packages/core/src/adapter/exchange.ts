import type { PollResponse } from '../response/poll.ts'
import type { Transport } from '../response/transport.ts'
import type { SseStream, StreamOptions } from '../stream/sse-stream.ts'

/**
 * A request and its response: the port that an adapter of a web framework implements. What the client sent is untrusted.
 *
 * @typeParam R the framework's request, which is passed to the app's callbacks
 */
export interface Exchange<R> {
  readonly request: R
  /** The target as the client sent it, with its query: a path, or a whole URL. */
  readonly url: string
  /** The host of the request without the port. Behind a proxy it is the host of the request to the proxy. */
  readonly hostname: string
  /** The address of the client. It identifies clients without a key. */
  readonly address: string | undefined
  /** {@link StreamOptions.openAfter}, for a framework that needs several turns to answer an error of the handler. */
  readonly openAfter?: number
  /** Whether the response is over or its client has left. */
  readonly closed: boolean
  /** A header of the request, its bytes as Latin-1. The name is in lower case, as Node has it. */
  header(name: string): string | undefined
  /** A header that the app has set on the response. */
  ownHeader(name: string): string | undefined
  /** Called when the stream begins to open. From then on it answers the request. */
  opening?(): void
  /** Answers with a stream. */
  transport(): Transport
  /** Answers with a document. */
  pollResponse(): PollResponse
  /** Calls back with the stream when the response is over. It is called once, by the endpoint. */
  onOver(callback: (stream: SseStream) => void, stream: SseStream): void
}
