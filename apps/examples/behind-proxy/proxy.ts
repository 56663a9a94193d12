import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Kind {
  readonly config: string
  readonly executable: string
  readonly args: readonly string[]
}

export const proxies = {
  nginx: {
    config: 'nginx.conf',
    executable: process.env['NGINX_PATH'] ?? 'nginx',
    args: ['-p', '.', '-c', 'nginx.conf', '-e', 'stderr'],
  },
  haproxy: {
    config: 'haproxy.cfg',
    executable: process.env['HAPROXY_PATH'] ?? 'haproxy',
    args: ['-db', '-f', 'haproxy.cfg'],
  },
  caddy: {
    config: 'Caddyfile',
    executable: process.env['CADDY_PATH'] ?? 'caddy',
    args: ['run', '--config', 'Caddyfile'],
  },
} satisfies Record<string, Kind>

export type ProxyName = keyof typeof proxies

export interface ProxyOptions {
  /** The port of the app. The files say 3000. */
  readonly app: number
  /** The port for browsers. The files say 8443. */
  readonly tls: number
  /** Other changes to the file. */
  readonly edit?: (config: string) => string
}

/** What to start, in a folder made for it. The caller removes the folder. */
export interface ProxyCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** A folder with everything that a proxy needs: its configuration, and a certificate that only those trust who are told to. */
export function prepareProxy(
  name: ProxyName,
  { app, tls, edit = (text) => text }: ProxyOptions,
): ProxyCommand {
  const cwd = mkdtempSync(join(tmpdir(), 'behind-proxy-'))
  const { config, executable, args } = proxies[name]
  const text = readFileSync(join(import.meta.dirname, config), 'utf8')
  writeFileSync(join(cwd, config), edit(text).replaceAll('3000', String(app)).replaceAll('8443', String(tls)))
  copyFileSync(join(import.meta.dirname, 'come-back.http'), join(cwd, 'come-back.http'))
  makeCertificate(cwd)
  // Servers live in folders that are on root's path only. Caddy keeps files where XDG says.
  const env = { PATH: `${process.env['PATH']}:/usr/sbin`, XDG_DATA_HOME: cwd, XDG_CONFIG_HOME: cwd }
  return { command: executable, args, cwd, env }
}

/** `certificate.pem`, and its key where HAProxy looks for it. */
function makeCertificate(cwd: string): void {
  const files = ['-keyout', 'certificate.pem.key', '-out', 'certificate.pem']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const args = ['req', '-x509', '-days', '7', ...key, ...subject, ...files]
  execFileSync('openssl', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
}
