import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ProxyName, prepareProxy, proxies } from './proxy.ts'

/** The app, and a proxy in front of it: `pnpm example behind-proxy nginx`, `haproxy` or `caddy`. */
const [, name = 'nginx'] = process.argv.slice(2)
if (!Object.hasOwn(proxies, name)) throw new Error(`${name}? There are: ${Object.keys(proxies).join(', ')}`)

const ports = { app: Number(process.env['PORT'] ?? 3000), tls: Number(process.env['TLS_PORT'] ?? 8443) }
const { command, args, cwd, env } = prepareProxy(name as ProxyName, ports)
const proxy = spawn(command, args, {
  cwd,
  env: { ...process.env, ...env },
  stdio: ['ignore', 'ignore', 'inherit'],
})
function startApp() {
  const program = join(import.meta.dirname, 'app.ts')
  const app = spawn(process.execPath, [...process.execArgv, program], { stdio: 'inherit' })
  // It has said why, a port in use for instance.
  return app.on('exit', (code) => code && leave(code, 'The app has ended.'))
}
let app = startApp()

console.log(
  `https://localhost:${ports.tls} by ${name}. Enter deploys the app anew: the streams of the page come back.`,
)
process.stdin.on('data', () => {
  if (app.killed) return
  app.once('exit', () => {
    app = startApp()
  })
  app.kill('SIGTERM')
})

// The proxy's end is the end.
proxy.on('error', ({ message }) =>
  leave(1, `${message}: install ${name}, or set ${name.toUpperCase()}_PATH.`),
)
proxy.on('exit', (code) => leave(code ?? 0, `${name} has ended.`))
// A signal may come twice: a terminal and pnpm both send one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => proxy.kill())

function leave(code: number, why: string): never {
  console.log(why)
  app.kill()
  rmSync(cwd, { recursive: true, force: true })
  process.exit(code)
}
