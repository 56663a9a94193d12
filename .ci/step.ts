import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { type Counts, countsOf, none, oneFailed } from './counts.ts'
import { cache } from './paths.ts'

/** One command of `pnpm test`. Its output goes to the screen as it comes. */
export interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** A vitest runner: its tests are counted from a report it is asked to write. */
  readonly counted?: boolean
}

export interface Outcome {
  readonly name: string
  readonly ok: boolean
  readonly seconds: number
  readonly counts: Counts
}

export function run({ name, command, counted = false }: Step, env: NodeJS.ProcessEnv): Outcome {
  console.log(`\n── ${name} ──`)
  const report = `${cache}/${name.replaceAll(/\W+/g, '-')}.json`
  mkdirSync(cache, { recursive: true })
  rmSync(report, { force: true })

  const [file, ...args] = command
  const reporters = counted ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : []
  const start = performance.now()
  const { status, error } = spawnSync(file, [...args, ...reporters], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error) console.error(error.message)
  const seconds = (performance.now() - start) / 1000

  const counts = counted ? countsOf(report, status) : status === 0 ? none : oneFailed
  const ok = status === 0 && counts.failed === 0
  console.log(`── ${name}: ${ok ? 'ok' : 'FAILED'}, ${seconds.toFixed(1)} s ──`)
  return { name, ok, seconds, counts }
}
