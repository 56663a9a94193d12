export { type Client, plain, supervised } from './clients.ts'
export { Ledger } from './ledger.ts'
export { Publisher, type PublisherOptions } from './publisher.ts'
export { type Node, type NodeOptions, type Run, startNode, World } from './world.ts'
