import { ServerResponse } from 'node:http'
import { overloadTests } from '@sse/testbed/overload'

// How a handler writes by hand is the same on both write paths.
const hand = 'isWrapped' in ServerResponse.prototype.write ? {} : { hand: ['hand'] }

overloadTests('res.sse', new URL('memory.server.ts', import.meta.url), { args: ['hub'], ...hand })
