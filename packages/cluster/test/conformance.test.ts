import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { brokerConformance } from '@sse/core/testing'
import { createSqliteBroker } from '@sse/sqlite'
import { newDirectory } from '@sse/testbed'
import { describe, it } from 'vitest'
import { createClusterBroker } from '../src/index.ts'

brokerConformance(
  { describe, it },
  {
    name: 'the cluster broker on a SQLite file, whose members elect their leader',
    records: true,
    patience: 20_000,
    createLog: () => newDirectory(),
    connect: (directory) =>
      createClusterBroker({
        path: join(directory, 'socket'),
        broker: () => createSqliteBroker(join(directory, 'log.db'), { synchronous: 'off' }),
      }),
    restart: () => {},
    destroyLog: (directory) => rmSync(directory, { recursive: true }),
  },
)
