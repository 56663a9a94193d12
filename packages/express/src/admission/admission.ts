import type { Refusal } from '@sse/core'
import { RateLimit } from './rate-limit.ts'

export interface Limits {
  /** Open streams, of this middleware in this process. Default: no limit. */
  readonly streams?: number
  /** Open streams of one key. Default: no limit. */
  readonly perKey?: number
  /** Channels of one stream. Default 64. */
  readonly channels?: number
  /** New streams a second; up to a second's worth may come at once. Default: no limit. */
  readonly rate?: number
}

/** Between which times, in milliseconds, those come back who are not let in: spread, or they would all be refused together again. */
const comeBack = [5_000, 15_000] as const

/**
 * Counts the streams that are open, and lets in no more than the limits say. It never ends one stream to admit another: the one that is
 * ended comes back, and ends the next.
 */
export class Admission {
  readonly #limits: Limits
  readonly #rate: RateLimit
  readonly #perKey = new Map<string, number>()
  #streams = 0

  constructor(limits: Limits) {
    this.#limits = limits
    this.#rate = new RateLimit(limits.rate ?? Number.POSITIVE_INFINITY)
  }

  get maxChannels(): number {
    return this.#limits.channels ?? 64
  }

  /** Why a stream of this key cannot be opened now; `undefined` when it can. */
  refusal(key: string | undefined): Refusal | undefined {
    const { streams = Number.POSITIVE_INFINITY, perKey = Number.POSITIVE_INFINITY, rate } = this.#limits
    const [min, max] = comeBack
    const retry = Math.round(min + Math.random() * (max - min))
    if (this.#streams >= streams) {
      return { status: 503, detail: `There are ${streams} streams already, which is the limit.`, retry }
    }
    if (key !== undefined && this.#of(key) >= perKey) {
      return { status: 429, detail: `This client has ${perKey} streams already, which is the limit.`, retry }
    }
    if (this.#rate.take()) return undefined
    return { status: 503, detail: `There were ${rate} new streams in a second, which is the limit.`, retry }
  }

  /** A stream is let in; what is answered lets it out again. */
  enter(key: string | undefined): () => void {
    this.#count(key, 1)
    return () => this.#count(key, -1)
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
