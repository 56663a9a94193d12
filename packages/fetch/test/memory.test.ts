import { overloadTests } from '@sse/testbed/overload'
import { adapters } from './adapters.ts'

// All adapters write through the same body, so one of them is enough; `test:faults` runs the others.
for (const { name } of process.env['SSE_FAULTS'] ? adapters : adapters.slice(0, 1)) {
  overloadTests(`@sse/fetch on ${name}`, new URL('memory.server.ts', import.meta.url), { args: [name] })
}
