import { killRun } from '@sse/testbed/killed-run'
import { it, onTestFinished } from 'vitest'
import { startPostgres } from '../kit/postgres-server.ts'

it('the process of a run is killed: all readers are told the end, and every node has the whole run', async () => {
  const server = await startPostgres()
  onTestFinished(async () => void (await server.stop()))
  await killRun({
    broker: new URL('broker.ts', import.meta.url),
    args: [String(server.port), 'killed'],
  })
}, 90_000)
