import './needs-node.ts'

export type { IoRedisClientLike } from './connection/ioredis-client.ts'
export type { RedisClientLike } from './connection/redis-client.ts'
export { createRedisBroker } from './create-redis-broker.ts'
export type { RedisBrokerOptions } from './options.ts'
