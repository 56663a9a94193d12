import { overloadTests } from '@sse/testbed/overload'
import { adapters } from './adapters.ts'

for (const { name } of adapters) {
  overloadTests(`@sse/fetch on ${name}`, new URL('memory.server.ts', import.meta.url), { args: [name] })
}
