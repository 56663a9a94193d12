/**
 * Measures what it costs when 1,000 clients return from 100,000 entries back: `node --conditions=@sse/source packages/sqlite/test/backlog-speed.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureBacklog } from '@sse/testbed/backlog-speed'
import { createSqliteBroker } from '../src/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'sse-backlog-'))
const broker = createSqliteBroker(join(directory, 'log.db'), { keep: { entries: 200_000 } })
await measureBacklog('SQLite', broker)
rmSync(directory, { recursive: true })
