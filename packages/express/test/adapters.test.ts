import { adapterSuite } from '@sse/testbed/adapters'
import { adapters } from './adapters.ts'

for (const adapter of adapters) adapterSuite(adapter)
