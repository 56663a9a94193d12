import { checkNode } from './check-node.ts'

// The index imports this module first, so that it is evaluated before all others.
checkNode('@sse/core', '22.12')
