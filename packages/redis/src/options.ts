import { SseError } from '@sse/core'
import { checkNames, checkObject } from '@sse/core/internal'
import { isRedisClient, type RedisClientLike } from './connection/redis-client.ts'

export interface RedisBrokerOptions {
  /**
   * The app's client: of `createClient`, `createCluster` or `createSentinel` of `redis`. It is not used itself, and need not be
   * connected: the broker connects two duplicates of it, and closes these only.
   */
  readonly client: RedisClientLike
  /** What the keys of the log begin with, in braces. Brokers with the same prefix share one log. Default `sse`. */
  readonly prefix?: string | undefined
  /** Entries that the log keeps, and a few more, because Redis lets go of them by the block. Default 100,000. */
  readonly maxLength?: number | undefined
  /** How much of the log's end is read when it starts, for the hub's window. Default 10,000 entries or 16 MiB, as the window holds. */
  readonly tail?: { readonly entries?: number | undefined; readonly bytes?: number | undefined } | undefined
  /** Milliseconds that a publish may take, a reconnect included, and that Redis may take to answer. Default 2,000. */
  readonly timeout?: number | undefined
  /**
   * Milliseconds that `start` waits while nothing comes of it, before it rejects. It may be called again then, and the hub does. Default
   * 10,000.
   */
  readonly startTimeout?: number | undefined
}

/** The options with their defaults. */
export interface Settings {
  readonly client: RedisClientLike
  readonly prefix: string
  readonly maxLength: number
  readonly tail: { readonly entries: number; readonly bytes: number }
  readonly timeout: number
  readonly startTimeout: number
}

/** @throws {SseError} `invalid-option` */
export function settingsOf(options: RedisBrokerOptions): Settings {
  if (typeof options !== 'object' || options === null) refuse('options', 'an object with a client', options)
  const { client, prefix = 'sse', maxLength = 100_000, tail = {} } = options
  checkNames('', options, ['client', 'prefix', 'maxLength', 'tail', 'timeout', 'startTimeout'])
  checkObject('tail', tail)
  checkNames('tail.', tail, ['entries', 'bytes'])
  if (!isRedisClient(client)) refuse('client', 'a client of the package redis (node-redis)', client)
  if (typeof prefix !== 'string' || !/^[^{}]{1,128}$/u.test(prefix))
    refuse('prefix', 'a text of 1 to 128 characters without braces', prefix)
  if (!Number.isSafeInteger(maxLength) || maxLength < 1)
    refuse('maxLength', 'a whole number, 1 or more', maxLength)
  return {
    client,
    prefix,
    maxLength,
    tail: {
      entries: amount('tail.entries', tail.entries, 10_000, 0),
      bytes: amount('tail.bytes', tail.bytes, 16_777_216, 0),
    },
    timeout: milliseconds('timeout', options.timeout, 2_000),
    startTimeout: milliseconds('startTimeout', options.startTimeout, 10_000),
  }
}

/** `Infinity` is an amount too: no limit. */
function amount(name: string, value: unknown, fallback: number, least: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value >= least) return value
  return refuse(name, `a number, ${least} or more`, value)
}

/** What a timer can wait for. */
function milliseconds(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value >= 1 && value <= 2_147_483_647) return value
  return refuse(name, 'a number of milliseconds, 1 or more', value)
}

function refuse(name: string, words: string, value: unknown): never {
  throw new SseError('invalid-option', `${name} is ${words}, not ${String(value)}.`, { value })
}
