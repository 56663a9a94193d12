import { playsLikeMemory } from '@sse/testbed/differential'
import { it, onTestFinished } from 'vitest'
import { brokerOn } from './kit/broker.ts'
import { startPostgres } from './kit/postgres-server.ts'

it('tells every client of two processes what a log in memory tells it', async () => {
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  const schema = 'differential'
  await playsLikeMemory([brokerOn(server, { schema }), brokerOn(server, { schema })])
})
