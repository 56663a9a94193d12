import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { brokerConformance } from '@sse/core/testing'
import { describe, it } from 'vitest'
import { createSqliteBroker, type SqliteBroker } from '../src/index.ts'

interface File {
  readonly path: string
  readonly directory: string
  time: number
  broker?: SqliteBroker
}

/** What the suite asks of a log to hold. */
const entries = 6_000

brokerConformance(
  { describe, it },
  {
    name: 'the SQLite broker',
    exclusive: true,
    records: true,
    ended: true,
    limits: true,
    patience: 20_000,
    createLog: (): File => {
      const directory = mkdtempSync(join(tmpdir(), 'sse-sqlite-'))
      return { directory, path: join(directory, 'log.db'), time: Date.now() }
    },
    connect: (file, records) => {
      const now = () => file.time + performance.now()
      file.broker = createSqliteBroker(file.path, { keep: { entries }, records, now })
      return file.broker
    },
    destroyLog: ({ directory }) => rmSync(directory, { recursive: true }),
    advance: (file, milliseconds) => {
      file.time += milliseconds
    },
    // The log removes only what exceeds its limits.
    trim: async ({ broker }) => {
      const more = Array.from({ length: entries }, (_, n) => broker?.publish(['filler'], { data: `${n}` }))
      await Promise.all(more)
    },
    restart: () => {},
    reset: ({ path }) => {
      for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
    },
    loseTail: ({ path }, count) => {
      const database = new DatabaseSync(path)
      database
        .prepare('DELETE FROM sse_entries WHERE seq > (SELECT max(seq) FROM sse_entries) - ?')
        .run(count)
      database.close()
    },
  },
)
