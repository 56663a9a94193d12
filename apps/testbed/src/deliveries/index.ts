export { type Client, plain, supervised } from './clients.ts'
export { Ledger } from './ledger.ts'
export { Publisher, type PublisherOptions } from './publisher.ts'
