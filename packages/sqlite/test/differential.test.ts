import { playsLikeMemory } from '@sse/testbed/differential'
import { it } from 'vitest'
import { createSqliteBroker } from '../src/index.ts'
import { newFile } from '../src/log-file.test-kit.ts'

it('tells every client what a log in memory tells it', async () => {
  await playsLikeMemory([createSqliteBroker(newFile())])
})
