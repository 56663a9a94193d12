import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort, type RunningProcess, startProcess, until } from '@sse/testbed'
import pg from 'pg'

const patience = { timeout: 60_000 }

/** PostgreSQL refuses to run as root: then it runs as a user of no rights. */
export const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined

/** A PostgreSQL on a free port, with a directory that is removed when it is stopped. */
export class PostgresServer {
  readonly port: number
  readonly directory: string
  readonly #settings: readonly string[]
  readonly #pools = new Map<string, pg.Pool>()
  #running: RunningProcess | undefined
  #databases = 0

  constructor(port: number, directory: string, settings: readonly string[]) {
    this.port = port
    this.directory = directory
    this.#settings = settings
  }

  get pid(): number | undefined {
    return this.#running?.pid
  }

  get data(): string {
    return join(this.directory, 'data')
  }

  /** Starts the process, with what is on its disk. It may find its port taken for a while. */
  async up(): Promise<void> {
    await until(() => this.start(), patience)
  }

  async start(): Promise<this> {
    const defaults = [
      'unix_socket_directories=',
      'max_connections=300',
      'max_prepared_transactions=20',
      'fsync=off',
    ]
    const settings = [...defaults, 'logging_collector=off', ...this.#settings].flatMap((one) => ['-c', one])
    const args = ['-D', this.data, '-h', '127.0.0.1', '-p', String(this.port), ...settings]
    this.#running = await startProcess(...asUser(program('postgres'), args), {
      ready: /ready to accept connections|ready to accept read-only connections/,
      cwd: this.directory,
      env: { LC_ALL: 'C' },
    })
    return this
  }

  /** @param signal SIGINT: it ends all connections; SIGQUIT: at once, and recovers when it is started again */
  async down(signal: NodeJS.Signals = 'SIGQUIT'): Promise<void> {
    await this.#running?.kill(signal)
    this.#running = undefined
  }

  /** @param ended called before its directory is removed */
  async stop(ended?: () => void): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end().catch(() => {})))
    this.#pools.clear()
    await this.down()
    ended?.()
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** Of a replica: it follows no longer, and lags from now on. */
  async stopFollowing(): Promise<void> {
    const follows = async () => (await this.query('SELECT FROM pg_stat_wal_receiver')).length > 0
    // One that has not begun would begin after it was told to stop.
    await until(follows)
    await this.query("ALTER SYSTEM SET primary_conninfo = ''")
    await this.query('SELECT pg_reload_conf()')
    await until(async () => !(await follows()))
  }

  /** Of a replica: it is the primary from now on. */
  async promote(): Promise<void> {
    await this.query('SELECT pg_promote()')
    await until(
      async () => (await this.query('SELECT pg_is_in_recovery() AS follows'))[0]?.['follows'] === false,
    )
  }

  /** A new database. @returns its name */
  async createDatabase(): Promise<string> {
    const name = `test${this.#databases++}`
    await this.query(`CREATE DATABASE ${name}`)
    return name
  }

  config(database = 'postgres', port = this.port): pg.PoolConfig {
    return { host: '127.0.0.1', port, user: 'postgres', database }
  }

  /** A pool of the test. It is ended with the server. */
  pool(database = 'postgres'): pg.Pool {
    let pool = this.#pools.get(database)
    if (!pool) {
      pool = new pg.Pool(this.config(database))
      pool.on('error', () => {})
      this.#pools.set(database, pool)
    }
    return pool
  }

  async query(
    text: string,
    database = 'postgres',
    params: unknown[] = [],
  ): Promise<Record<string, unknown>[]> {
    return (await this.pool(database).query(text, params)).rows
  }
}

/** @param settings such as `fsync=on` */
export async function startPostgres(...settings: readonly string[]): Promise<PostgresServer> {
  const directory = newDirectory()
  run('initdb', [
    '-D',
    join(directory, 'data'),
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ])
  return startIn(directory, settings)
}

/** A replica, which follows a server. */
export async function startReplica(
  of: PostgresServer,
  ...settings: readonly string[]
): Promise<PostgresServer> {
  const directory = newDirectory()
  const source = ['-h', '127.0.0.1', '-p', String(of.port), '-U', 'postgres']
  run('pg_basebackup', [
    ...source,
    '-D',
    join(directory, 'data'),
    '--write-recovery-conf',
    '--checkpoint=fast',
    '--no-sync',
  ])
  return startIn(directory, settings)
}

function startIn(directory: string, settings: readonly string[]): Promise<PostgresServer> {
  // Another program may take the port before PostgreSQL does.
  return until(async () => new PostgresServer(await freePort(), directory, settings).start(), patience)
}

function newDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'sse-postgres-')))
  if (user) chownSync(directory, user.uid, user.gid)
  return directory
}

/** Runs a program of PostgreSQL to its end. @returns its output */
export function run(name: string, args: readonly string[]): string {
  const [command, commandArgs] = asUser(program(name), args)
  const { status, stdout, stderr } = spawnSync(command, commandArgs, {
    cwd: tmpdir(),
    env: { ...process.env, LC_ALL: 'C' },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

/** A command that runs as the user of no rights. */
export function asUser(command: string, args: readonly string[]): [string, string[]] {
  if (!user) return [command, [...args]]
  return ['setpriv', [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--', command, ...args]]
}

/** `pnpm test` sets the path of `postgres`. The other programs are beside it. */
function program(name: string): string {
  return join(dirname(realpathSync(postgresPath())), name)
}

function postgresPath(): string {
  const named = process.env['POSTGRES_PATH']
  if (named) return named
  const versions = '/usr/lib/postgresql'
  const installed = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : []
  const found = installed.map((one) => join(versions, one, 'bin/postgres')).find((path) => existsSync(path))
  const onPath = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, 'postgres'))
  const path = found ?? onPath.find((one) => existsSync(one))
  if (!path) throw new Error('PostgreSQL is not installed: install it, or set POSTGRES_PATH.')
  return path
}

function unprivilegedUser(): { uid: number; gid: number } {
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const found = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody')
  return { uid: Number(found?.[2]), gid: Number(found?.[3]) }
}
