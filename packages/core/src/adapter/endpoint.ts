import { SseError, show } from '../errors.ts'
import type { AnyEvents } from '../event-map.ts'
import { Shutdown } from '../hub/shutdown.ts'
import type { CloseHubOptions, HubForAdapters } from '../hub/types.ts'
import { createPoll } from '../response/poll.ts'
import type { Refusal } from '../response/refusal.ts'
import { createStream } from '../stream/create-stream.ts'
import type { SseStream, StreamClient, StreamOptions } from '../stream/sse-stream.ts'
import { isThenable } from '../thenable.ts'
import { Admission, type Identity } from './admission.ts'
import { type Answer, documentAnswer, problem } from './answer.ts'
import { channelsIn } from './channels-body.ts'
import type { Exchange } from './exchange.ts'
import type { EndpointOptions } from './options.ts'
import { crossSiteProblem } from './origins.ts'
import {
  askedChannelsOf,
  isPoll,
  isShared,
  lackedRecordsOf,
  lastEventIdOf,
  queryProblem,
  waitOf,
} from './request.ts'

/** The maximum number of different mistakes that are reported. */
const mostReported = 100

/**
 * The core of an adapter: it checks requests, opens their streams, changes their channels and ends them.
 *
 * @typeParam R the framework's request
 */
export class Endpoint<R> {
  readonly #options: EndpointOptions<R>
  readonly #hub: HubForAdapters<AnyEvents> | undefined
  readonly #admission: Admission
  readonly #shutdown = new Shutdown(Math.random)
  /** The admitted streams whose responses are not over. */
  readonly #streams = new Set<SseStream>()
  readonly #reported = new Set<string>()
  /** Called when the response of an admitted stream is over. It is shared by all streams: ten thousand closures are noticeable memory. */
  readonly #over = (stream: SseStream): void => {
    this.#admission.count(stream.key, -1)
    this.#streams.delete(stream)
  }

  /** @param options already checked by `checkEndpointOptions` */
  constructor(options: EndpointOptions<R>) {
    this.#options = options
    this.#hub = options.hub
    this.#admission = new Admission(options.limits ?? {})
  }

  /** Whether the server shuts down. Then connections are not kept alive. */
  get closing(): boolean {
    return this.#shutdown.begun || this.#hub?.closing === true
  }

  /** The current moment, to be kept for a request that arrives now. */
  arrival(): number | undefined {
    return this.#hub?.arrival()
  }

  /**
   * Creates the stream of a request. The request is checked when the stream begins to open.
   *
   * @param arrival the result of `arrival()` when the request came
   */
  open(exchange: Exchange<R>, arrival: number | undefined): SseStream {
    const { retry, stall, maxUnread, limits, presence } = this.#options
    const hub = this.#hub
    const names = hub ? askedChannelsOf(exchange) : []
    const poll = isPoll(exchange)
    const transport = poll
      ? createPoll(exchange.pollResponse(), waitOf(exchange), { stall })
      : exchange.transport()
    const options: StreamOptions = {
      client: new Client(this, exchange),
      lastEventId: lastEventIdOf(exchange),
      retry,
      // A poll watches its client itself, because its answer is one document of any size.
      stall: poll ? Number.POSITIVE_INFINITY : stall,
      maxUnread: poll ? Number.POSITIVE_INFINITY : maxUnread,
      maxChannels: limits?.channels,
      shared: hub && isShared(exchange),
      presence: presence && ((channel: string) => presence(exchange.request, channel)),
      records: hub && lackedRecordsOf(exchange, limits?.channels ?? 64),
      asked: names.length > 0 ? this.#asked(names, exchange.request) : undefined,
      arrival,
      openAfter: exchange.openAfter,
    }
    return hub ? hub.stream(transport, options) : createStream(transport, options)
  }

  /** Admits a client, and counts its stream until the response is over. @returns the refusal if the stream may not open */
  admit(client: Client<R>, stream: SseStream): Refusal | undefined {
    const { exchange } = client
    exchange.opening?.()
    const forbidden = crossSiteProblem(exchange, this.#options.origins)
    if (forbidden) return { status: 403, detail: forbidden }
    const unreadable = this.#hub && queryProblem(exchange)
    if (unreadable) return { status: 400, detail: unreadable }
    const key = client.identify()
    const refusal = this.#shutdown.refusal() ?? this.#admission.refusal(client)
    if (refusal) return refusal
    this.#admission.count(key, 1)
    this.#streams.add(stream)
    exchange.onOver(this.#over, stream)
    return undefined
  }

  /**
   * Answers a client that changes the channels of its open stream: it posts `{ stream, subscribe, unsubscribe }`. Or it posts
   * `{ stream, reached }`, and its stream is pinged once it has passed this position.
   *
   * @param readBody reads the body as JSON. A rejection may have a `status`, such as 413
   * @throws (rejected) any error of the app's callbacks; {@link SseError} `invalid-key`
   */
  async changeChannels(
    hub: HubForAdapters,
    exchange: Exchange<R>,
    readBody: () => Promise<unknown>,
  ): Promise<Answer> {
    const own = (name: string) => exchange.ownHeader(name)
    const refuse = (status: number, detail: string, retry?: number) => problem({ status, detail, retry }, own)
    const forbidden = crossSiteProblem(exchange, this.#options.origins)
    if (forbidden) return refuse(403, forbidden)
    const client = new Client(this, exchange)
    const key = client.identify()
    const refusal = this.#admission.refusalByRate(client)
    if (refusal) return problem(refusal, own)
    let body: unknown
    try {
      body = await readBody()
    } catch (error) {
      const { status = 400, message } = error as { status?: number; message: string }
      return refuse(status, `The body could not be read as JSON: ${message}.`)
    }
    try {
      const { stream, reached, subscribe, unsubscribe } = channelsIn(
        body,
        this.#options.limits?.channels ?? 64,
      )
      const asking = { key, client: key ?? client.address }
      if (reached !== undefined) {
        const isKnown = await hub.reached(stream, { ...asking, id: reached })
        return isKnown ? documentAnswer({ reached }, own) : refuse(404, unknownStream(stream))
      }
      const changed = await hub.changeChannels(stream, {
        ...asking,
        subscribe: this.#asked(subscribe, exchange.request, exchange),
        unsubscribe,
      })
      if (changed) return documentAnswer(changed, own)
      return refuse(404, unknownStream(stream))
    } catch (error) {
      // An invalid key is the app's mistake, not the client's.
      if (!(error instanceof SseError) || error.code === 'invalid-key') throw error
      if (error.code === 'closed' || error.code === 'busy') return refuse(503, error.message, 1_000)
      return refuse(400, error.message)
    }
  }

  /** Ends all streams, spread over `drain` milliseconds, and refuses new ones. @throws {SseError} `invalid-option` */
  close(options: CloseHubOptions = {}): Promise<void> {
    return this.#shutdown.begin(options, this.#streams, (stream, reconnect) => stream.close({ reconnect }))
  }

  /** Reports a mistake of the app to the hub's `onError`, once for each name. */
  reportOnce(mistake: string, error: () => SseError): void {
    if (this.#reported.has(mistake) || this.#reported.size >= mostReported) return
    this.#reported.add(mistake)
    if (this.#hub) this.#hub.report(error())
    else console.error(error())
  }

  /** Whether no client has a key. */
  get isAnonymous(): boolean {
    return this.#options.key === undefined
  }

  /** A key must be a string, because `hub.disconnect` takes one. @throws {SseError} `invalid-key`; and any error of the app's `key` */
  keyOf(request: R): string | undefined {
    const key: unknown = this.#options.key?.(request)
    if (key === undefined || (typeof key === 'string' && key.isWellFormed())) return key
    const message = isThenable(key)
      ? 'key returned a promise: return a string. If the user must be looked up, do it in a middleware in front of the route.'
      : `key returned ${show(key)}: return a string, or undefined for a stream without a key.`
    if (isThenable(key)) key.then(undefined, () => {})
    throw new SseError('invalid-key', message, { value: key })
  }

  /** @param exchange if given, `authorize` is not called after its client has left */
  #asked(names: readonly string[], request: R, exchange?: Exchange<R>) {
    const authorize = async (channel: string) => {
      if (exchange?.closed) throw new SseError('closed', 'The client left before its channels were judged.')
      const verdict: unknown = await this.#options.authorize?.(request, channel)
      if (verdict && verdict !== true) {
        const message = `authorize returned ${show(verdict)} for the channel ${show(channel)}: only true grants a channel.`
        this.reportOnce('authorize', () => new SseError('invalid-option', message, { value: verdict }))
      }
      return verdict === true
    }
    return { names, authorize }
  }
}

/** The client of a request. Its key is that of the moment when the stream begins to open. */
class Client<R> implements StreamClient, Identity {
  readonly exchange: Exchange<R>
  readonly #endpoint: Endpoint<R>
  #key: string | undefined
  #isKnown = false

  constructor(endpoint: Endpoint<R>, exchange: Exchange<R>) {
    this.#endpoint = endpoint
    this.exchange = exchange
  }

  /** @throws {SseError} `invalid-key`; and any error of the app's `key` */
  get key(): string | undefined {
    return this.#isKnown ? this.#key : this.#endpoint.keyOf(this.exchange.request)
  }

  /** @throws {SseError} `invalid-key`; and any error of the app's `key` */
  identify(): string | undefined {
    this.#key = this.key
    this.#isKnown = true
    return this.#key
  }

  get address(): string | undefined {
    return this.exchange.address
  }

  get isAnonymous(): boolean {
    return this.#endpoint.isAnonymous
  }

  admit(stream: SseStream): Refusal | undefined {
    return this.#endpoint.admit(this, stream)
  }
}

const unknownStream = (id: string): string =>
  `The stream ${JSON.stringify(id.slice(0, 64))} does not exist here.`
