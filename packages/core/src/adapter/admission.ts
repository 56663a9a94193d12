import { drawBetween } from '../draw-between.ts'
import { RateLimit } from '../rate-limit.ts'
import type { Refusal } from '../response/refusal.ts'

export interface Limits {
  /** Streams and polls at a time, of one `sse()` in this process. Those whose channels are still judged count. Default: no limit. */
  readonly streams?: number | undefined
  /** Streams and polls of one key at a time. Default: no limit. */
  readonly perKey?: number | undefined
  /** Channels of one stream. Default 64. */
  readonly channels?: number | undefined
  /** Requests a second: new streams, polls and changes of channels. Up to a second's worth may come at once. Default: no limit. */
  readonly rate?: number | undefined
  /**
   * Requests a second of one key, within `rate`: a client that has used up its own takes nothing from others. Clients without a key are told
   * apart by their address (in Express `req.ip`: behind a proxy set `trust proxy`). Default: no limit.
   */
  readonly perKeyRate?: number | undefined
}

/** A client: its key, or its address where it has none. */
export interface Client {
  readonly key: string | undefined
  readonly address: string | undefined
}

/** When refused clients reconnect, in milliseconds. The times are spread, so that not all of them are refused together again. */
const reconnect = [5_000, 15_000] as const

const unlimited = Number.POSITIVE_INFINITY

/**
 * Counts the streams that are open or about to open, and admits no more than the limits say. It never ends one stream to admit another: that
 * stream's client would reconnect, and end the next.
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

  /** Why a stream cannot be opened now; `undefined` when it can. Then it is counted as a request, and `count` counts it as a stream. */
  refusal(client: Client): Refusal | undefined {
    const { streams = unlimited, perKey = unlimited } = this.#limits
    if (this.#streams >= streams) {
      return refused(503, `There are ${streams} streams already, which is the limit.`)
    }
    if (client.key !== undefined && this.#of(client.key) >= perKey) {
      return refused(429, `This client has ${perKey} streams already, which is the limit.`)
    }
    return this.refusalByRate(client)
  }

  /** Why a request comes too soon; `undefined` when it does not, and then it is counted. A refused request uses up nothing. */
  refusalByRate({ key, address = '' }: Client): Refusal | undefined {
    const { rate, perKeyRate } = this.#limits
    const client = key === undefined ? `address ${address}` : `key ${key}`
    if (!this.#perKeyRate.allows(client)) {
      return refused(429, `This client made ${perKeyRate} requests in a second, which is the limit.`)
    }
    if (!this.#rate.take('')) {
      return refused(503, `There were ${rate} requests in a second, which is the limit.`)
    }
    this.#perKeyRate.take(client)
    return undefined
  }

  /** A stream was admitted, or its response is over. */
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
