import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RunningProcess, startProcess } from '@sse/testbed'

const app = join(import.meta.dirname, '..')

export interface TestServer {
  readonly origin: string
  /** The process that runs now. */
  readonly process: RunningProcess
  /** Starts it again on the same port and database, after it was killed. */
  restart(): Promise<void>
  /** Ends it and removes its database. */
  stop(): Promise<void>
}

/** The real server process, on a port and a database file of its own. */
export async function startServer(mode: 'development' | 'production'): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'notifications-'))
  const port = await freePort()
  const start = () =>
    startProcess(process.execPath, ['--conditions=@sse/source', 'server/main.ts'], {
      cwd: app,
      env: { NODE_ENV: mode, PORT: String(port), DATABASE_FILE: join(folder, 'test.sqlite') },
      ready: /Notifications: (http:\S+)/,
    })
  let running = await start()
  return {
    origin: `http://localhost:${port}`,
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

/** A program that writes to the app, as curl would: signed in, and no browser. */
export async function startSender(origin: string, user: string) {
  const post = (path: string, body: unknown, Cookie = '') =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Cookie },
      body: JSON.stringify(body),
    })
  const answer = await post('/api/session', { user })
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0])
  const Cookie = cookies.join('; ')
  return {
    async send(to: string, title: string, body = ''): Promise<{ id: number }> {
      const sent = await post('/api/notifications', { to, title, body }, Cookie)
      if (sent.status !== 201) throw new Error(`${sent.status}: ${await sent.text()}`)
      return (await sent.json()) as { id: number }
    },
    async list(): Promise<{ id: number; title: string }[]> {
      const got = await fetch(`${origin}/api/notifications`, { headers: { Cookie } })
      const { notifications } = (await got.json()) as { notifications: { id: number; title: string }[] }
      return notifications
    },
  }
}
