import type { Refusal } from '@sse/core'
import { drawBetween } from '@sse/core/internal'
import { ClientRates } from './client-rates.ts'
import { RateLimit } from './rate-limit.ts'

export interface Limits {
  /** Streams and polls at a time, of this middleware in this process; those whose channels are still judged count. Default: no limit. */
  readonly streams?: number | undefined
  /** Streams and polls of one key at a time. Default: no limit. */
  readonly perKey?: number | undefined
  /** Channels of one stream. Default 64. */
  readonly channels?: number | undefined
  /** Requests a second: new streams, polls and changes of channels. Up to a second's worth may come at once. Default: no limit. */
  readonly rate?: number | undefined
  /**
   * Requests a second of one key, within `rate`: a client that has used up its own takes nothing from others. Clients without a key are told
   * apart by their address (`req.ip`; behind a proxy set Express's `trust proxy`). Default: no limit.
   */
  readonly perKeyRate?: number | undefined
}

/** Who asks: a key, or an address for clients that have none. */
export interface Asker {
  readonly key: string | undefined
  readonly address: string | undefined
}

/** Between which times, in milliseconds, clients come back that are not let in: spread, or all of them would be refused together again. */
const comeBack = [5_000, 15_000] as const

const unlimited = Number.POSITIVE_INFINITY

/**
 * Counts the streams that are open or on their way, and lets in no more than the limits say. It never ends one stream to admit another: the
 * client of that one would come back, and end the next.
 */
export class Admission {
  readonly #limits: Limits
  readonly #rate: RateLimit
  readonly #clientRates: ClientRates
  readonly #perKey = new Map<string, number>()
  #streams = 0

  constructor(limits: Limits) {
    this.#limits = limits
    this.#rate = new RateLimit(limits.rate ?? unlimited)
    this.#clientRates = new ClientRates(limits.perKeyRate ?? unlimited)
  }

  get maxChannels(): number {
    return this.#limits.channels ?? 64
  }

  /** Why a stream cannot be opened now; `undefined` when it can. Then it is counted as a request, and `enter` counts it as a stream. */
  refusal(asker: Asker): Refusal | undefined {
    const { streams = unlimited, perKey = unlimited } = this.#limits
    const { key } = asker
    if (this.#streams >= streams) {
      return refused(503, `There are ${streams} streams already, which is the limit.`)
    }
    if (key !== undefined && this.#of(key) >= perKey) {
      return refused(429, `This client has ${perKey} streams already, which is the limit.`)
    }
    return this.refusalByRate(asker)
  }

  /** Why a request comes too soon; `undefined` when it does not: then it is counted. A request that is refused uses up nothing. */
  refusalByRate({ key, address = '' }: Asker): Refusal | undefined {
    const { rate, perKeyRate } = this.#limits
    const client = key === undefined ? `address ${address}` : `key ${key}`
    if (!this.#clientRates.ready(client)) {
      return refused(429, `This client made ${perKeyRate} requests in a second, which is the limit.`)
    }
    if (!this.#rate.take()) {
      return refused(503, `There were ${rate} requests in a second, which is the limit.`)
    }
    this.#clientRates.take(client)
    return undefined
  }

  /** A stream is let in. */
  enter(key: string | undefined): void {
    this.#count(key, 1)
  }

  leave(key: string | undefined): void {
    this.#count(key, -1)
  }

  #count(key: string | undefined, change: 1 | -1): void {
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
  return { status, detail, retry: drawBetween(comeBack, Math.random) }
}
