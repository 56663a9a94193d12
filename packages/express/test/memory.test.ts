import { overloadTests } from '@sse/testbed/overload'

overloadTests('res.sse', new URL('memory.server.ts', import.meta.url), { args: ['hub'], hand: ['hand'] })
