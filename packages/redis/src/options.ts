import {
  checkAmount,
  checkNames,
  checkObject,
  checkTimeouts,
  type RecordLimits,
  type RecordOptions,
  recordLimitsOf,
  refuseOption,
  type TailOptions,
  tailOf,
} from '@sse/core/internal'
import { type ClientLike, checkClient } from './connection/broker-client.ts'

export interface RedisBrokerOptions extends RecordOptions, TailOptions {
  /**
   * The app's client, from `createClient`, `createCluster` or `createSentinel` of the package `redis`, or a `Redis` or `Cluster` of the
   * package `ioredis`. The broker does not use it, so it need not be connected. The broker connects two duplicates of it, and closes only these.
   */
  readonly client: ClientLike
  /** The beginning of the log's keys, in braces. Brokers with the same prefix share one log. Default `sse`. */
  readonly prefix?: string | undefined
  /** How many entries the log keeps. It keeps a few more, because Redis trims in blocks. Default 100,000. */
  readonly maxLength?: number | undefined
  /** Milliseconds that a publish may take, including a reconnect, and that Redis may take to reply. Default 2,000. */
  readonly timeout?: number | undefined
  /**
   * Milliseconds without progress after which `start` rejects. It may be called again then, and the hub does that. Default 10,000.
   */
  readonly startTimeout?: number | undefined
}

/** The options with their defaults. */
export interface Settings {
  readonly client: ClientLike
  readonly prefix: string
  readonly maxLength: number
  readonly records: RecordLimits
  readonly tail: { readonly entries: number; readonly bytes: number }
  readonly timeout: number
  readonly startTimeout: number
}

/** @throws {SseError} `invalid-option` */
export function settingsOf(options: RedisBrokerOptions): Settings {
  checkObject('options', options)
  checkNames('', options, ['client', 'prefix', 'maxLength', 'records', 'tail', 'timeout', 'startTimeout'])
  const { client, prefix = 'sse', maxLength = 100_000, timeout = 2_000, startTimeout = 10_000 } = options
  const tail = tailOf(options)
  const records = recordLimitsOf(options)
  checkClient(client)
  if (typeof prefix !== 'string' || !/^[^{}]{1,128}$/u.test(prefix))
    refuseOption('prefix', 'a string of 1 to 128 characters without braces', prefix)
  if (!Number.isSafeInteger(maxLength)) refuseOption('maxLength', 'a whole number, 1 or more', maxLength)
  checkAmount('maxLength', maxLength, 1)
  checkTimeouts({ timeout, startTimeout })
  return { client, prefix, maxLength, records, tail, timeout, startTimeout }
}
