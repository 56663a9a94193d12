import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { freePort } from './free-port.ts'

export interface LocalPostgres {
  readonly url: string
  /** Ends it, and removes its data. */
  stop(): Promise<void>
}

/**
 * A PostgreSQL of this app alone, for this machine only, in a temporary folder.
 *
 * @throws Error when none is installed, with the way out
 */
export async function startPostgres(): Promise<LocalPostgres> {
  const programs = findPrograms()
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'notifications-postgres-')))
  const user = process.getuid?.() === 0 ? postgresUser() : undefined
  if (user) chownSync(folder, user.uid, user.gid)
  const options = { cwd: folder, ...user }
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const data = join(folder, 'data')
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    {
      ...options,
      encoding: 'utf8',
    },
  )
  if (made.status !== 0) {
    remove()
    throw new Error(`PostgreSQL could not make a database. ${made.error ?? made.stderr}`)
  }
  const port = await freePort()
  // The data ends with the app, so it need not survive a power failure.
  const settings = ['-c', 'unix_socket_directories=', '-c', 'fsync=off']
  const args = ['-D', data, '-h', '127.0.0.1', '-p', `${port}`, ...settings]
  // A group of its own: what a terminal signals is for the nodes, who need it until they have ended.
  const child = spawn(join(programs, 'postgres'), args, {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  process.once('exit', () => {
    child.kill('SIGQUIT')
    remove()
  })
  await ready(child)
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT')
        await once(child, 'exit')
      }
      remove()
    },
  }
}

/** Resolves when it takes connections. */
async function ready(child: ChildProcess): Promise<void> {
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('ready to accept connections')) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}.\n${output}`)))
  })
  child.stderr?.removeAllListeners('data').resume()
}

/** The folder of the newest `postgres` and `initdb`. */
function findPrograms(): string {
  const named = process.env['POSTGRES_PATH']
  if (named) return dirname(named)
  const versions = '/usr/lib/postgresql'
  const installed = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...installed.map((version) => join(versions, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')))
  if (found) return found
  throw new Error(
    'PostgreSQL is not installed. Install it (apt install postgresql, brew install postgresql), or name one that runs: DATABASE_URL=postgres://…',
  )
}

/** PostgreSQL refuses to run as root. */
function postgresUser(): { uid: number; gid: number } | undefined {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  const users = lines.map((line) => line.split(':'))
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  return found && { uid: Number(found[2]), gid: Number(found[3]) }
}
