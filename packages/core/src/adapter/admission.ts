import { drawBetween } from '../draw-between.ts'
import { RateLimit } from '../rate-limit.ts'
import type { Refusal } from '../response/refusal.ts'

export interface Limits {
  /** Concurrent streams and polls of one `sse()` in this process, including those whose channels are being authorized. Default: no limit. */
  readonly streams?: number | undefined
  /** Concurrent streams and polls of one key. Default: no limit. */
  readonly perKey?: number | undefined
  /** Channels of one stream. Default 64. */
  readonly channels?: number | undefined
  /** Requests a second: new streams, polls and changes of channels. Up to a second's worth may come at once. Default: no limit. */
  readonly rate?: number | undefined
  /**
   * Requests a second of one key, within `rate`. A request that this limit refuses does not count for `rate`. Clients without a key are
   * identified by their address (in Express `req.ip`: behind a proxy set `trust proxy`). Default: no limit.
   */
  readonly perKeyRate?: number | undefined
}

/** A client is identified by its key or, without one, by its address. */
export interface Identity {
  readonly key: string | undefined
  /** Read only if it is needed: Express parses the proxies' headers for it. */
  readonly address: string | undefined
}

/** The range, in milliseconds, of the reconnection time of refused clients. It spreads them, so that they are not all refused together again. */
const reconnect = [5_000, 15_000] as const

const unlimited = Number.POSITIVE_INFINITY

/**
 * Counts the streams that are opening or open, and refuses more than the limits allow. It never ends one stream to admit another, because the
 * client of the ended stream would reconnect and so end the next.
 */
export class Admission {
  readonly #limits: Limits
  readonly #rate: RateLimit
  readonly #perKeyRate: RateLimit
  readonly #perKey = new Map<string, number>()
  #streams = 0

  constructor(limits: Limits) {
    this.#limits = limits
    this.#rate = new RateLimit(limits.rate ?? unlimited)
    this.#perKeyRate = new RateLimit(limits.perKeyRate ?? unlimited)
  }

  /** The refusal if a stream cannot be opened now. Otherwise it is counted as a request; `count` counts it as a stream. */
  refusal(client: Identity): Refusal | undefined {
    const { streams = unlimited, perKey = unlimited } = this.#limits
    if (this.#streams >= streams) {
      return refused(503, `There are ${streams} streams already, which is the limit.`)
    }
    if (client.key !== undefined && this.#of(client.key) >= perKey) {
      return refused(429, `This client has ${perKey} streams already, which is the limit.`)
    }
    return this.refusalByRate(client)
  }

  /** The refusal if there were too many requests. Otherwise the request is counted. A refused request is not counted. */
  refusalByRate(identity: Identity): Refusal | undefined {
    const { rate, perKeyRate } = this.#limits
    if (rate === undefined && perKeyRate === undefined) return undefined
    const { key } = identity
    const client = key === undefined ? `address ${identity.address ?? ''}` : `key ${key}`
    if (!this.#perKeyRate.allows(client)) {
      return refused(429, `This client made ${perKeyRate} requests in a second, which is the limit.`)
    }
    if (!this.#rate.take('')) {
      return refused(503, `There were ${rate} requests in a second, which is the limit.`)
    }
    this.#perKeyRate.take(client)
    return undefined
  }

  /** Called when a stream was admitted (1), and when its response is over (-1). */
  count(key: string | undefined, change: 1 | -1): void {
    this.#streams += change
    if (key === undefined) return
    const count = this.#of(key) + change
    if (count > 0) this.#perKey.set(key, count)
    else this.#perKey.delete(key)
  }

  #of(key: string): number {
    return this.#perKey.get(key) ?? 0
  }
}

function refused(status: 429 | 503, detail: string): Refusal {
  return { status, detail, retry: drawBetween(reconnect, Math.random) }
}
