export type { SqliteBrokerOptions, Synchronous } from './options.ts'
export { createSqliteBroker, type SqliteBroker } from './sqlite-broker.ts'
export type { OpenTransaction } from './transaction.ts'
