import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type RunningProcess, startProcess } from '@sse/testbed'
import { onTestFinished } from 'vitest'

export const folder = join(import.meta.dirname, '..')
const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
/** What `pnpm example` runs, without the name: pnpm itself need not be on the path of a test. */
export const [, ...command]: string[] = scripts.example.split(' ')

export interface Example {
  readonly origin: string
  readonly process: RunningProcess
}

/** Runs an example as its user does, until the test ends: on a port of its own unless `env` has one. */
export async function runExample(
  name: string,
  env: Readonly<Record<string, string>> = {},
  ...args: string[]
): Promise<Example> {
  const port = env['PORT'] ?? String(await freePort())
  const running = await startProcess(process.execPath, [...command, name, ...args], {
    cwd: folder,
    // What vitest says of itself no user does.
    env: { NODE_ENV: undefined, VITEST: undefined, PORT: port, ...env },
    ready: new RegExp(`http://localhost:${port}`),
  })
  onTestFinished(async () => void (await running.kill('SIGKILL')))
  return { origin: `http://localhost:${port}`, process: running }
}
