import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { freePort, type RunningProcess, startProcess, until } from '@sse/testbed'
import { onTestFinished } from 'vitest'
import { command, folder } from '../../test/example.ts'
import { type ProxyName, prepareProxy } from '../proxy.ts'

export interface App {
  readonly port: number
  publish(text: string): Promise<void>
  /** How many streams are open, of which tests must not know through the proxy. */
  streams(): Promise<number>
  stop(signal?: NodeJS.Signals): Promise<void>
  /** On the same port, after it was stopped. */
  start(): Promise<void>
}

/** The app of the example, a process of its own. */
export async function startApp(env: Readonly<Record<string, string>> = {}): Promise<App> {
  const port = await freePort()
  const args = [...command.slice(0, -1), 'behind-proxy/app.ts']
  let app: RunningProcess
  const start = async () => {
    app = await startProcess(process.execPath, args, {
      cwd: folder,
      env: { PORT: String(port), RETRY: '100', ...env },
      ready: /http:/,
    })
  }
  await start()
  onTestFinished(async () => void (await app.kill('SIGKILL')))
  return {
    port,
    async publish(text) {
      const headers = { 'Content-Type': 'text/plain' }
      await fetch(`http://127.0.0.1:${port}/news`, { method: 'POST', headers, body: text })
    },
    async streams() {
      const answer = await fetch(`http://127.0.0.1:${port}/status`)
      return ((await answer.json()) as { streams: number }).streams
    },
    stop: async (signal) => void (await app.kill(signal)),
    start,
  }
}

/** A proxy that runs. */
export interface Front {
  readonly origin: string
  readonly port: number
  /** Its certificate: whom to trust. */
  readonly ca: string
}

export interface Change {
  readonly from: string | RegExp
  readonly to: string
}

/** Takes a setting of a configuration away, or another in its place. It must be there: a test of nothing proves nothing. */
export const without = (from: string | RegExp, to = ''): Change => ({ from, to })

/** A real proxy with the example's configuration in front of an app, but for what is changed. */
export async function startProxy(
  name: ProxyName,
  app: { readonly port: number },
  ...changes: Change[]
): Promise<Front> {
  const port = await freePort()
  const edit = (config: string) =>
    changes.reduce((text, { from, to }) => {
      const changed = text.replaceAll(typeof from === 'string' ? from : new RegExp(from, 'g'), to)
      if (changed === text) throw new Error(`${from} is not in the configuration of ${name}`)
      return changed
    }, config)
  const { command, args, cwd, env } = prepareProxy(name, { app: app.port, tls: port, edit })
  const proxy = await startProcess(command, args, { cwd, env, ready: /^/ })
  onTestFinished(async () => {
    await proxy.kill('SIGKILL')
    rmSync(cwd, { recursive: true, force: true })
  })
  await until(() => canConnect(port)).catch((cause) => {
    throw new Error(`${name} does not listen:\n${proxy.output}`, { cause })
  })
  const ca = readFileSync(join(cwd, 'certificate.pem'), 'utf8')
  return { origin: `https://localhost:${port}`, port, ca }
}

async function canConnect(port: number): Promise<true> {
  const socket = createConnection(port, '127.0.0.1').on('error', () => {})
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}
