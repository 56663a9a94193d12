import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startProcess } from '@sse/testbed'
import { onTestFinished } from 'vitest'

export interface Nginx {
  readonly url: string
  /** How many requests were answered how: `POST /orders 200` and so on. */
  answers(): Readonly<Record<string, number>>
}

/** The nginx of the docs in front of an app, without TLS. It writes down what it answered. */
export async function startNginx(app: number): Promise<Nginx> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'sse-nginx-'))
  const file = new URL('../../../apps/examples/behind-proxy/nginx.conf', import.meta.url)
  const config = readFileSync(file, 'utf8')
    .replace(/^ *ssl_certificate.*;/gm, '')
    .replace(/^ *listen .*;/m, `listen 127.0.0.1:${port};`)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${app}`)
    .replace(
      'access_log off;',
      "log_format answer '$request_method $uri $status';\naccess_log answers answer;",
    )
    .replace('error_log stderr warn;', 'error_log stderr notice;')
  writeFileSync(join(folder, 'nginx.conf'), config)
  const nginx = await startProcess(
    process.env['NGINX_PATH'] ?? 'nginx',
    ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'],
    { ready: /notice.*nginx\//, env: { PATH: `${process.env['PATH']}:/usr/sbin` } },
  )
  onTestFinished(async () => {
    await nginx.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    url: `http://127.0.0.1:${port}`,
    answers() {
      const lines = readFileSync(join(folder, 'answers'), 'utf8').trim().split('\n')
      const groups = Object.groupBy(lines, (line) => line)
      return Object.fromEntries(Object.entries(groups).map(([line, all]) => [line, all!.length]))
    },
  }
}
