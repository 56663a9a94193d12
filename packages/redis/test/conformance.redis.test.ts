import { serverClient } from './kit/clients.ts'
import { conformanceOn } from './kit/conformance.ts'
import { startRedis } from './kit/redis-server.ts'
import { createUser } from './kit/rights.ts'

conformanceOn(
  'the Redis broker, with the permissions of the README, in database 1',
  async () => {
    const redis = await startRedis()
    const purposes = ['always', 'in another database than 0', 'to be warned of eviction']
    await createUser(redis, '{test*}:*', ...purposes)
    await redis.command('SELECT', 1)
    return redis
  },
  (port) => serverClient(port, { username: 'app', password: 'secret', database: 1 }),
)
