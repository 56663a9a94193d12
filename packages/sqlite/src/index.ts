import './needs-node.ts'

export { createSqliteBroker } from './create-sqlite-broker.ts'
export type { SqliteBrokerOptions, Synchronous } from './options.ts'
export type { SqliteBroker } from './sqlite-broker.ts'
