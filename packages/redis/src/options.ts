import {
  checkAmount,
  checkNames,
  checkObject,
  type RecordLimits,
  recordLimitsOf,
  refuseOption,
  tailOf,
} from '@sse/core/internal'
import { type ClientLike, checkClient } from './connection/broker-client.ts'

export interface RedisBrokerOptions {
  /**
   * The app's client, from `createClient`, `createCluster` or `createSentinel` of the package `redis`, or a `Redis` or `Cluster` of the
   * package `ioredis`. The broker does not use it, so it need not be connected. The broker connects two duplicates of it, and closes only these.
   */
  readonly client: ClientLike
  /** The beginning of the log's keys, in braces. Brokers with the same prefix share one log. Default `sse`. */
  readonly prefix?: string | undefined
  /** How many entries the log keeps. It keeps a few more, because Redis trims in blocks. Default 100,000. */
  readonly maxLength?: number | undefined
  /** The limits of all records together. A record that exceeds `bytes` is refused. One that is older than `age` is removed, by an event. */
  readonly records?:
    | {
        /** Bytes in Redis. Each record has its names and data, and about 150 bytes more. Default 64 MiB. */
        readonly bytes?: number | undefined
        /** Milliseconds since a record was last set, by the clock of Redis. Default: no limit. */
        readonly age?: number | undefined
      }
    | undefined
  /** How much of the end of the log `start` reads for the hub's window. Default 10,000 entries or 16 MiB, the limits of the window. */
  readonly tail?: { readonly entries?: number | undefined; readonly bytes?: number | undefined } | undefined
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
  const tail = tailOf(options.tail)
  const records = recordLimitsOf(options.records)
  checkClient(client)
  if (typeof prefix !== 'string' || !/^[^{}]{1,128}$/u.test(prefix))
    refuseOption('prefix', 'a string of 1 to 128 characters without braces', prefix)
  if (!Number.isSafeInteger(maxLength)) refuseOption('maxLength', 'a whole number, 1 or more', maxLength)
  checkAmount('maxLength', maxLength, 1)
  // What a timer can wait.
  for (const [name, value] of Object.entries({ timeout, startTimeout }))
    if (!(typeof value === 'number' && value >= 1 && value <= 2_147_483_647))
      refuseOption(name, 'a number of milliseconds from 1 to 2,147,483,647', value)
  return { client, prefix, maxLength, records, tail, timeout, startTimeout }
}
