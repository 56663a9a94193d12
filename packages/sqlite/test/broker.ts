/** The broker of the servers of `@sse/testbed`. */
import type { Broker } from '@sse/core'
import { createSqliteBroker } from '../src/index.ts'

export default function createBroker(path = ''): Broker {
  return createSqliteBroker(path, { synchronous: 'normal' })
}
