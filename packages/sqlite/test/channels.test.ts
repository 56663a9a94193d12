import { playChannels, recordLimits } from '@sse/testbed/channels'
import { expect, it } from 'vitest'
import { createSqliteBroker } from '../src/index.ts'
import { newFile } from '../src/log-file.test-kit.ts'

/** `test:faults` takes more steps. A failure prints the `SSE_SEED` that repeats it. */
const steps = Number(process.env['SSE_STEPS'] ?? 500)
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

it(`in ${steps} steps on a file every page shows the records and members that there are, and gets every other event once`, async () => {
  const connect = () =>
    createSqliteBroker(newFile(), { synchronous: 'off', keep: { entries: 60 }, records: recordLimits })
  await expect(playChannels({ connect, processes: 1, steps, seed })).resolves.toBeUndefined()
}, 600_000)
