import './world/globals.ts'
import { parseArgs } from 'node:util'
import { plant } from './planted.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    hours: { type: 'string' },
    workers: { type: 'string' },
    script: { type: 'string' },
    plant: { type: 'string' },
    planted: { type: 'boolean' },
    trace: { type: 'boolean' },
    worker: { type: 'boolean' },
    minutes: { type: 'string' },
  },
})
// A production build, as users have it, has no checks for developers.
process.env['NODE_ENV'] = 'production'
if (values.plant !== undefined) plant(values.plant)
// The packages read globals when they load, so they are loaded now.
const { main } = await import('./cli.ts')
await main(values)
