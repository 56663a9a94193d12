/** The broker of `broker-server.ts`. It tells when its process leads. */
import { type Broker, createMemoryBroker } from '@sse/core'
import { createSqliteBroker } from '@sse/sqlite'
import { createClusterBroker } from '../../src/index.ts'

export type Kind = 'memory' | 'SQLite'

export default function createBroker(path: string, kind: Kind, file: string): Broker {
  const broker = () => {
    const home = kind === 'memory' ? createMemoryBroker() : createSqliteBroker(file)
    const close = home.close.bind(home)
    home.close = () => {
      console.log('this process leads no more')
      return close()
    }
    console.log('this process leads now')
    return home
  }
  // A timeout shorter than the default: a leader that hangs is noticed sooner.
  return createClusterBroker({ path, broker, timeout: 700 })
}
