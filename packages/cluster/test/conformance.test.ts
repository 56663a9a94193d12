import { join } from 'node:path'
import { type BrokerSubject, brokerConformance } from '@sse/core/testing'
import { createSqliteBroker } from '@sse/sqlite'
import { newDirectory } from '@sse/testbed'
import { describe, it } from 'vitest'
import { createClusterBroker } from '../src/index.ts'
import { deleteLog, LedLog, loseTail } from './kit/led-log.ts'

const patience = 20_000

brokerConformance(
  { describe, it },
  {
    name: 'the cluster broker on a SQLite file, whose members elect their leader',
    records: true,
    ended: true,
    patience,
    createLog: () => newDirectory(),
    connect: (directory) =>
      createClusterBroker({
        path: join(directory, 'socket'),
        broker: () => createSqliteBroker(join(directory, 'log.db'), { synchronous: 'off' }),
      }),
    restart: () => {},
  },
)

const led = (kind: 'memory' | 'SQLite'): BrokerSubject<LedLog> => ({
  name: `the cluster broker on ${kind}, with a leader elsewhere`,
  records: true,
  ended: true,
  patience,
  createLog: () => new LedLog(kind).lead(),
  connect: (log) => log.connect(),
  destroyLog: (log) => log.destroy(),
  advance: (log, milliseconds) => log.advance(milliseconds),
  trim: (log) => log.trim(),
  interrupt: (log, broker) => {
    const proxy = log.proxyOf(broker)
    proxy.cut()
    return () => proxy.mend()
  },
})

brokerConformance({ describe, it }, { ...led('memory'), reset: (log) => log.replaceLeader() })

brokerConformance(
  { describe, it },
  {
    ...led('SQLite'),
    restart: (log) => log.replaceLeader(),
    reset: (log) => log.replaceLeader(deleteLog),
    loseTail: (log, count) => log.replaceLeader((file) => loseTail(file, count)),
  },
)
