import { checkNode } from './check-node.ts'

// The first import of the package's index, so that it is evaluated before all others.
checkNode('@sse/core', '22.12')
