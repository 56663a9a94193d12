import type { PollResponse } from '../response/poll.ts'
import type { Transport } from '../response/transport.ts'

/**
 * A request and its response: the port that an adapter of a web framework implements. What the client sent is untrusted.
 *
 * @typeParam R the framework's request, which the app's callbacks are given
 */
export interface Exchange<R> {
  readonly request: R
  /** The target as the client sent it, with its query: a path, or a whole URL. */
  readonly url: string
  /** The host that the client asked, without the port: behind a proxy, the host that the proxy was asked. */
  readonly hostname: string
  /** Tells clients without a key apart. */
  readonly address: string | undefined
  /** Whether the response is over, or its client gone. */
  readonly closed: boolean
  /** A header of the request, its bytes as Latin-1. */
  header(name: string): string | undefined
  /** A header that the app has set on the response. */
  ownHeader(name: string): string | undefined
  /** Answers with a stream. */
  transport(): Transport
  /** Answers with a document. */
  pollResponse(): PollResponse
  /** Calls back when the response is over. */
  onOver(callback: () => void): void
}
