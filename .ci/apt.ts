import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/** Debian and Ubuntu, as root: the machines on which missing parts may be installed without asking. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && isDebianLike()
}

function isDebianLike(): boolean {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

/**
 * Installs packages and starts none of the daemons they bring: the tests start their own, on their own ports.
 *
 * @param packages of each part: one that this system does not have must not keep the others away
 * @returns what apt said, when it failed.
 */
export function install(packages: readonly (readonly string[])[]): string | undefined {
  return withoutDaemons(() => {
    const options = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0']
    const complaints = [
      apt('update', ...options.slice(0, 1)),
      ...packages.map((some) => apt('install', ...options, '--no-install-recommends', ...some)),
    ]
    return complaints.filter(Boolean).join('\n') || undefined
  })
}

function apt(...args: string[]): string | undefined {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8', maxBuffer: 2 ** 26 })
  return status === 0 ? undefined : `${stdout}${stderr}`.trim()
}

const policy = '/usr/sbin/policy-rc.d'
const kept = `${policy}.kept-by-sse-tests`

/**
 * Debian asks `policy-rc.d` before it starts a daemon; 101 means no. A policy that was there is put back, also
 * one that an interrupted run left aside. `apt-get` runs synchronously here, so that no signal comes between.
 */
function withoutDaemons<T>(action: () => T): T {
  if (existsSync(policy) && !existsSync(kept)) renameSync(policy, kept)
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  const putBack = () => {
    rmSync(policy, { force: true })
    if (existsSync(kept)) renameSync(kept, policy)
  }
  const onSignal = () => {}
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    return action()
  } finally {
    putBack()
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}
