import { clientPackage, clusterClient } from './kit/clients.ts'
import { conformanceOn } from './kit/conformance.ts'
import { formCluster, startNodes } from './kit/redis-cluster.ts'
import { createUser } from './kit/rights.ts'

const onCluster = ['on a Cluster', ...(clientPackage === 'ioredis' ? ['on a Cluster by `ioredis`'] : [])]

conformanceOn(
  'the Redis broker, with the permissions of the README, on a Cluster',
  async () => {
    const nodes = await startNodes(1)
    await formCluster(nodes)
    await createUser(nodes[0]!, '{test*}:*', 'always', ...onCluster, 'to be warned of eviction')
    return nodes[0]!
  },
  (port) => clusterClient([port], { username: 'app', password: 'secret', isBehindOne: true }),
)
