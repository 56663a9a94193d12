import { createCluster } from 'redis'
import { conformanceOn } from './kit/conformance.ts'
import { formCluster, startNodes } from './kit/redis-cluster.ts'
import { createUser } from './kit/rights.ts'

conformanceOn(
  'the Redis broker, with the permissions of the README, on a Cluster',
  async () => {
    const nodes = await startNodes(1)
    await formCluster(nodes)
    await createUser(nodes[0]!, '{test*}:*', 'always', 'on a Cluster', 'to be warned of eviction')
    return nodes[0]!
  },
  (port) =>
    createCluster({
      rootNodes: [{ url: `redis://127.0.0.1:${port}` }],
      defaults: { username: 'app', password: 'secret' },
      nodeAddressMap: () => ({ host: '127.0.0.1', port }),
    }),
)
