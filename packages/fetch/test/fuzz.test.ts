import { nothingEscapes, requestFuzz } from '@sse/testbed/fuzz'
import { adapters } from './adapters.ts'

nothingEscapes()
for (const adapter of adapters) requestFuzz(adapter)
