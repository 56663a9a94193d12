export { History } from './history.ts'
export { Ledger, type LedgerLog, type LedgerWorld } from './ledger.ts'
export { Breach, type PromiseName, serverPromises, streamPromises } from './promises.ts'
