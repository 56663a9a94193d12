import { playChannels, recordLimits } from '@sse/testbed/channels'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { brokerOn } from './kit/broker.ts'
import { type PostgresServer, startPostgres } from './kit/postgres-server.ts'

/** `test:faults` takes more steps. A failure prints the `SSE_SEED` that repeats it. */
const steps = Number(process.env['SSE_STEPS'] ?? 200)
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

it(`in ${steps} steps on PostgreSQL every page shows the records and members that there are, and gets every other event once`, async () => {
  const connect = () => brokerOn(server, { schema: 'channels', keep: { entries: 60 }, records: recordLimits })
  await expect(playChannels({ connect, processes: 2, steps, seed })).resolves.toBeUndefined()
}, 3_600_000)
