import './needs-node.ts'

export type { PgPoolLike, PostgresDriver, Queryable, Row } from './connection/driver.ts'
export { createPostgresBroker } from './create-postgres-broker.ts'
export type { PostgresBrokerOptions } from './options.ts'
export type { PostgresBroker, PostgresStats } from './postgres-broker.ts'
export { postgresSchema } from './postgres-schema.ts'
