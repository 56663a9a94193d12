import { killRun } from '@sse/testbed/killed-run'
import { it } from 'vitest'
import { newFile } from '../src/log-file.test-kit.ts'

it('the process of a run is killed: all readers are told the end once it has started again', async () => {
  await killRun({ broker: new URL('broker.ts', import.meta.url), args: [newFile()], exclusive: true })
}, 90_000)
