/** A broker whose log survives the process; also the module that `@sse/testbed/broker-server` is started with. */
import { createSqliteBroker, type SqliteBroker } from '@sse/sqlite'

export default function createBroker(path: string): SqliteBroker {
  return createSqliteBroker(path, { synchronous: 'normal' })
}
