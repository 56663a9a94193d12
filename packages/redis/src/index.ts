import './needs-node.ts'

export { createRedisBroker } from './create-redis-broker.ts'
export type { RedisBrokerOptions } from './options.ts'
export type { RedisClientLike } from './connection/redis-client.ts'
