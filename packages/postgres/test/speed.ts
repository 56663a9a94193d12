/**
 * Measures a log in PostgreSQL on this machine: `node --conditions=@sse/source packages/postgres/test/speed.ts [seconds]`. It starts a PostgreSQL of
 * its own.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { measureLog } from '@sse/testbed/log-speed'
import { startPostgres } from './kit/postgres-server.ts'

const postgres = await startPostgres('fsync=on')
await measureLog({
  home: 'PostgreSQL',
  broker: new URL('faults/broker.ts', import.meta.url),
  args: [String(postgres.port), 'speed', '100000', '20000'],
  cpu: () => cpuOf(postgres.pid),
  rates: [100, 1_000, 5_000],
  milliseconds: Number(process.argv[2] ?? 4) * 1_000,
})
await postgres.stop()
process.exit()

/** Processor time of a process and its children, in microseconds, from Linux. */
function cpuOf(pid: number | undefined): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /, `${name} `)
          .split(' ')
      } catch {
        return []
      }
    })
  const own = stats.filter(([id, , parent]) => Number(id) === pid || Number(parent) === pid)
  // A tick has ten milliseconds.
  return own.reduce((sum, fields) => sum + (Number(fields[12]) + Number(fields[13])) * 10_000, 0)
}
