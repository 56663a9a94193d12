import { checkNode } from '@sse/core/internal'

// The first import of the package's index, so that it is evaluated before all others.
checkNode('@sse/fetch', '22.12')
