import { refuseOption } from '@sse/core/internal'
import type { BrokerClient } from './connection.ts'
import { duplicateOfIoRedis, type IoRedisClientLike, isIoRedisClient } from './ioredis-client.ts'
import { duplicateOf, isRedisClient, keyPrefixOf, type RedisClientLike } from './redis-client.ts'

/** A client of the app, of either package. */
export type ClientLike = RedisClientLike | IoRedisClientLike

/** @throws {SseError} `invalid-option` */
export function checkClient(client: unknown): asserts client is ClientLike {
  if (isIoRedisClient(client) || isRedisClient(client)) return
  refuseOption(
    'client',
    'a client of the package redis (createClient, createCluster, createSentinel) or ioredis (new Redis, new Cluster), and no pool, pipeline or URL',
    client,
  )
}

/**
 * A duplicate that is not connected yet.
 *
 * @param key a key of the log, by which a Cluster finds the node
 * @param timeout milliseconds to connect
 */
export function brokerClientOf(client: ClientLike, key: string, timeout: number): BrokerClient {
  return isIoRedisClient(client)
    ? duplicateOfIoRedis(client, key, timeout)
    : duplicateOf(client, key, timeout)
}

/** The `keyPrefix` of the app's client, which the broker puts before its keys by itself. */
export function prefixOf(client: ClientLike): string {
  if (!isIoRedisClient(client)) return keyPrefixOf(client)
  const { keyPrefix = '' } = client.options as { readonly keyPrefix?: string | Buffer | undefined }
  return keyPrefix.toString()
}
