export { type Client, plain, supervised } from './clients.ts'
export { Ledger } from './ledger.ts'
export { Publisher, type PublisherOptions } from './publisher.ts'
export { type ReconnectStorm, reconnectStorm } from './reconnect-storm.ts'
export {
  freezeNetwork,
  killServer,
  promiseOf,
  publishStorm,
  type RepeatedFault,
  repeatFault,
} from './repeated-fault.ts'
export { type Node, type NodeOptions, type Run, startNode, World } from './world.ts'
