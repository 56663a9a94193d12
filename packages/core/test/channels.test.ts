import { playChannels, recordLimits } from '@sse/testbed/channels'
import { expect, it } from 'vitest'
import { createMemoryLog } from '../src/log/memory-broker.ts'

/** `test:faults` takes more steps. A failure prints the `SSE_SEED` that repeats it. */
const steps = Number(process.env['SSE_STEPS'] ?? 1_000)
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

it(`in ${steps} steps every page shows the records and members that there are, and gets every other event once`, async () => {
  const log = createMemoryLog({ entries: 60, records: recordLimits })
  await expect(
    playChannels({ connect: () => log.connect(), processes: 2, steps, seed }),
  ).resolves.toBeUndefined()
}, 600_000)
