import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RunningProcess, startProcess } from '@sse/testbed'

const app = join(import.meta.dirname, '..')

export interface TestServer {
  readonly origin: string
  readonly databaseFile: string
  /** The process that runs now. */
  readonly process: RunningProcess
  /** Starts it again on the same port and database, after it was killed. */
  restart(): Promise<void>
  /** Ends it and removes its database. */
  stop(): Promise<void>
}

/**
 * The real server process, on a port and a database file of its own.
 *
 * @param env more of its environment
 */
export async function startServer(
  mode: 'development' | 'production',
  env: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'notifications-'))
  const databaseFile = join(folder, 'test.sqlite')
  const port = await freePort()
  const start = () =>
    startProcess(process.execPath, ['--conditions=@sse/source', 'server/main.ts'], {
      cwd: app,
      env: { NODE_ENV: mode, PORT: String(port), DATABASE_FILE: databaseFile, ...env },
      ready: /Notifications: (http:\S+)/,
    })
  let running = await start()
  return {
    origin: `http://localhost:${port}`,
    databaseFile,
    get process() {
      return running
    },
    async restart() {
      running = await start()
    },
    async stop() {
      await running.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Files and folders in this one that others of the machine may open. */
export function openToOthers(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => (statSync(join(folder, name)).mode & 0o077) !== 0,
  )
}

/** Signs in as a program would; the answer is the header `Cookie` to come with. */
export async function signIn(origin: string, user: string): Promise<string> {
  const answer = await fetch(`${origin}/api/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user }),
  })
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0])
  return cookies.join('; ')
}

/** A program that writes to the app, as curl would: signed in, and no browser. */
export async function startSender(origin: string, user: string) {
  const Cookie = await signIn(origin, user)
  return {
    /** @throws TypeError when the server is not there, or goes away before it answers; Error when it refuses */
    async send(to: string, title: string, body = ''): Promise<{ id: number }> {
      const sent = await fetch(`${origin}/api/notifications`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Cookie },
        body: JSON.stringify({ to, title, body }),
      })
      if (sent.status !== 201) throw new Error(`${sent.status}: ${await sent.text()}`)
      return (await sent.json()) as { id: number }
    },
    async read(id: number): Promise<void> {
      await fetch(`${origin}/api/notifications/${id}/read`, { method: 'POST', headers: { Cookie } })
    },
    async list(): Promise<{ id: number; title: string }[]> {
      const got = await fetch(`${origin}/api/notifications`, { headers: { Cookie } })
      const { notifications } = (await got.json()) as { notifications: { id: number; title: string }[] }
      return notifications
    },
  }
}
