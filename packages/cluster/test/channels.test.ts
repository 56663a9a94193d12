import { join } from 'node:path'
import { createMemoryBroker } from '@sse/core'
import { newDirectory } from '@sse/testbed'
import { playChannels } from '@sse/testbed/channels'
import { expect, it } from 'vitest'
import { createClusterBroker } from '../src/index.ts'

/** `test:faults` takes more steps. A failure prints the `SSE_SEED` that repeats it. */
const steps = Number(process.env['SSE_STEPS'] ?? 300)
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

it(`in ${steps} steps every page shows the records and members that there are, and gets every other event once`, async () => {
  const path = join(newDirectory(), 'socket')
  const connect = () => createClusterBroker({ path, broker: () => createMemoryBroker({ entries: 200 }) })
  await expect(playChannels({ connect, processes: 2, steps, seed })).resolves.toBeUndefined()
}, 600_000)
