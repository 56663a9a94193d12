import { spawnSync } from 'node:child_process'

/** A program of the system that tests start, and that no package registry brings. */
export interface Part {
  readonly name: string
  /** Names it has on the path, best first; the environment variable may name another one. */
  readonly executables: readonly string[]
  readonly variable: string
  /** Arguments with which it does nothing but succeed: what is only a stub of a package manager does not. */
  readonly probe: readonly string[]
  readonly debian: readonly string[]
  /** Test files that need it, and the words for them. */
  readonly suites: readonly string[]
  readonly covers: string
}

export const parts: readonly Part[] = [
  {
    name: 'Chromium',
    executables: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    variable: 'CHROMIUM_PATH',
    probe: ['--version'],
    debian: ['chromium', 'fonts-liberation'],
    suites: ['**/back-forward-cache.browser.test.ts', '**/desktop-notifications.browser.test.ts'],
    covers: 'the browser tests that need windows',
  },
  {
    name: 'Chromium without windows',
    // Any Chromium will do; it only takes longer.
    executables: [
      ...['chromium-headless-shell', 'chrome-headless-shell'],
      ...['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    ],
    variable: 'CHROMIUM_HEADLESS_PATH',
    probe: ['--version'],
    debian: ['chromium-headless-shell', 'fonts-liberation'],
    suites: ['**/!(*firefox|back-forward-cache|desktop-notifications).browser.test.ts'],
    covers: 'the other browser tests',
  },
  {
    name: 'Firefox',
    executables: ['firefox-esr', 'firefox'],
    variable: 'FIREFOX_PATH',
    probe: ['--version'],
    debian: ['firefox-esr'],
    suites: ['**/*firefox.browser.test.ts'],
    covers: 'the browser tests in Firefox',
  },
  {
    name: 'Redis',
    executables: ['redis-server', 'valkey-server'],
    variable: 'REDIS_SERVER_PATH',
    probe: ['--version'],
    debian: ['redis-server'],
    suites: ['**/*.redis.test.ts'],
    covers: 'the tests of the log in Redis',
  },
  {
    name: 'PostgreSQL',
    // Beside it are `initdb` and `pg_basebackup`, which the tests use too. Debian puts them into a folder for each version.
    executables: [
      'postgres',
      ...[18, 17, 16, 15, 14, 13].map((version) => `/usr/lib/postgresql/${version}/bin/postgres`),
    ],
    variable: 'POSTGRES_PATH',
    probe: ['--version'],
    debian: ['postgresql'],
    suites: ['**/*.postgres.test.ts'],
    covers: 'the tests of the log in PostgreSQL',
  },
  {
    name: 'PgBouncer',
    executables: ['pgbouncer'],
    variable: 'PGBOUNCER_PATH',
    probe: ['--version'],
    debian: ['pgbouncer'],
    suites: ['**/*.pgbouncer.test.ts'],
    covers: 'the tests of the log in PostgreSQL behind PgBouncer',
  },
  {
    name: 'nginx',
    executables: ['nginx'],
    variable: 'NGINX_PATH',
    probe: ['-v'],
    debian: ['nginx', 'openssl'],
    suites: [
      'apps/examples/behind-proxy/nginx*.test.ts',
      'apps/notifications/test/nginx.test.ts',
      '**/*.nginx.test.ts',
    ],
    covers: 'the tests behind nginx',
  },
  {
    name: 'HAProxy',
    executables: ['haproxy'],
    variable: 'HAPROXY_PATH',
    probe: ['-v'],
    debian: ['haproxy', 'openssl'],
    suites: ['apps/examples/behind-proxy/haproxy*.test.ts'],
    covers: 'the tests behind HAProxy',
  },
  {
    name: 'Caddy',
    executables: ['caddy'],
    variable: 'CADDY_PATH',
    probe: ['version'],
    debian: ['caddy', 'openssl'],
    suites: ['apps/examples/behind-proxy/caddy*.test.ts'],
    covers: 'the tests behind Caddy',
  },
]

/** Where the part is, if it is there and works. */
export function findPart(part: Part, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env[part.variable]
  const candidates = named ? [named] : part.executables
  for (const candidate of candidates) {
    const executable = onPath(candidate, env)
    if (executable && spawnSync(executable, part.probe, { env, stdio: 'ignore' }).status === 0)
      return executable
  }
  return undefined
}

/** Servers live in folders that are on root's path only. */
function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const path = `${env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`
  const found = spawnSync('/bin/sh', ['-c', 'command -v -- "$0"', name], {
    env: { PATH: path },
    encoding: 'utf8',
  })
  return found.status === 0 ? found.stdout.trim() : undefined
}
