import { checkNode } from '@sse/core/internal'

// The index imports this file first, so the check runs before all other modules.
checkNode('@sse/cluster', '22.12')
