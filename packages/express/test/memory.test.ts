import { ServerResponse } from 'node:http'
import { overloadTests } from '@sse/testbed/overload'

// How a handler writes by hand is the same on both write paths, and each night is enough to see that memory is measured.
const isWrapped = 'isWrapped' in ServerResponse.prototype.write
const hand = isWrapped || !process.env['SSE_FAULTS'] ? {} : { hand: ['hand'] }

overloadTests('res.sse', new URL('memory.server.ts', import.meta.url), { args: ['hub'], ...hand })
