/** `pnpm dev`, as package.json has it, under a process that does not pass signals on, as npm's shell does not. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startProcess, until } from '@sse/testbed'
import { expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

/** Stands for `npx pnpm dev`: its command line says `pnpm`, and its shell is ended without a word to the server. */
const launcher = [
  "const { spawn } = require('node:child_process')",
  "const env = { ...process.env, npm_lifecycle_event: 'dev' }",
  "spawn('sh', ['-c', process.env.SCRIPT], { stdio: 'inherit', env })",
].join(';')

async function start(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'dev-'))
  const port = String(await freePort())
  const running = await startProcess(command, args, {
    cwd: root,
    env: {
      NODE_ENV: undefined,
      VITEST: undefined,
      PORT: port,
      DATABASE_FILE: join(folder, 'a.sqlite'),
      ...env,
    },
    ready: /Notifications: (http:\S+)/,
    timeout: 120_000,
  })
  onTestFinished(async () => {
    await running.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const isServed = () =>
    fetch(`http://localhost:${port}/healthz`).then(
      () => true,
      () => false,
    )
  expect(await isServed()).toBe(true)
  return { running, isServed }
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'a %s to the one process that the script is ends the server',
  async (signal) => {
    const { running, isServed } = await start('sh', ['-c', scripts['dev']!])
    // The script replaces its shell by node: there is no wrapper that would keep the signal.
    process.kill(running.pid, signal)
    expect(await running.exited).toEqual({ code: 0, signal: null })
    expect(await isServed()).toBe(false)
  },
  150_000,
)

test('when the command that started it is killed, the server ends too', async () => {
  const { running, isServed } = await start(process.execPath, ['-e', launcher, 'pnpm'], {
    SCRIPT: scripts['dev']!,
  })
  process.kill(running.pid, 'SIGKILL')
  await until(async () => !(await isServed()), { timeout: 30_000 })
  // Its output is closed: nothing of it is left.
  await running.exited
}, 150_000)
