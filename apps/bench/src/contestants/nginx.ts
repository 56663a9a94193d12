import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, until } from '@sse/testbed'

/** A program of Debian's `nginx`, and its module of `libnginx-mod-nchan`. */
const executable = '/usr/sbin/nginx'
const module = '/usr/lib/nginx/modules/ngx_nchan_module.so'

/** Why nchan cannot be measured here; `undefined` where it can. */
export function nchanMissing(): string | undefined {
  if (!existsSync(executable)) return `no ${executable}: Debian's package nginx brings it`
  if (!existsSync(module)) return `no ${module}: Debian's package libnginx-mod-nchan brings it`
  if (!existsSync('/proc/self/schedstat'))
    return 'the processor time of another process is read on Linux only'
  return undefined
}

export function nchanVersion(): string {
  const nginx = /nginx\/(\S+)/.exec(spawnSync(executable, ['-v'], { encoding: 'utf8' }).stderr ?? '')?.[1]
  const debian = ['--status', 'libnginx-mod-nchan']
  const nchan = /^Version: (.+)$/m.exec(
    spawnSync('dpkg-query', debian, { encoding: 'utf8' }).stdout ?? '',
  )?.[1]
  return `${nchan?.replace(/^\d+:|\+dfsg.*$/g, '') || '?'} on nginx ${nginx ?? '?'}`
}

export interface Nginx {
  readonly port: number
  /** The id of its one worker. */
  readonly worker: number
  stop(): Promise<void>
}

/** In the foreground, in a folder of its own, with one worker. It dies with this process, however that ends. */
export async function startNginx(): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-bench-nginx-'))
  const port = await freePort()
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port))
  const command = [executable, '-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;']
  const [program = executable, ...args] = diesWithParent(command)
  const master = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(master, 'exit')
  const stop = async () => {
    master.kill('SIGTERM')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  const worker = await until(() => {
    if (master.exitCode !== null) throw new Error(`nginx ended with ${master.exitCode}`)
    return Number(readFileSync(`/proc/${master.pid}/task/${master.pid}/children`, 'utf8').trim())
  })
  return { port, worker, stop }
}

function diesWithParent(command: string[]): string[] {
  const found = spawnSync('setpriv', ['--version']).status === 0
  return found ? ['setpriv', '--pdeathsig', 'TERM', ...command] : command
}

function configuration(folder: string, port: number): string {
  return `
load_module ${module};
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 32768; }
http {
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 1h;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  nchan_shared_memory_size 256M;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    tcp_nodelay on;
    location = /publish {
      nchan_publisher http;
      nchan_channel_id load;
      nchan_store_messages off;
    }
    location = /events {
      nchan_subscriber eventsource;
      nchan_channel_id load;
      nchan_eventsource_ping_interval 15;
    }
  }
}
`
}
