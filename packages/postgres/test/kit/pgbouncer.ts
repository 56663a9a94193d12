import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startProcess, until } from '@sse/testbed'
import { asUser, type PostgresServer } from './postgres-server.ts'

/** `pnpm test` sets it. */
const executable = process.env['PGBOUNCER_PATH'] ?? '/usr/sbin/pgbouncer'

/** A PgBouncer in transaction mode, in front of a server. */
export async function startPgBouncer(
  server: PostgresServer,
): Promise<{ port: number; stop(): Promise<unknown> }> {
  const config = join(server.directory, 'pgbouncer.ini')
  // Another program may take the port before PgBouncer does.
  return until(
    async () => {
      const port = await freePort()
      const settings = {
        ...{ listen_addr: '127.0.0.1', listen_port: port, unix_socket_dir: '', auth_type: 'any' },
        ...{ pool_mode: 'transaction', max_client_conn: 200, default_pool_size: 10 },
      }
      const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
      const database = `* = host=127.0.0.1 port=${server.port} user=postgres`
      writeFileSync(config, ['[databases]', database, '[pgbouncer]', ...lines, ''].join('\n'), {
        mode: 0o644,
      })
      const process = await startProcess(...asUser(executable, [config]), { ready: /process up/ })
      return { port, stop: () => process.kill('SIGKILL') }
    },
    { timeout: 60_000 },
  )
}
