import './needs-node.ts'

export { createClusterBroker } from './create-cluster-broker.ts'
export type { ClusterBrokerOptions } from './options.ts'
