import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Counts, none, type Progress } from './reporter.ts'

/** One command of `pnpm test`. */
export interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** It is a vitest, which sends its counts. */
  readonly counted?: boolean
  /** Variables of its own. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Outcome {
  readonly name: string
  readonly ok: boolean
  readonly seconds: number
  readonly counts: Counts
  readonly output: string
}

/**
 * Runs a step. Vitest counts its own tests (`reporter.ts`); every other step adds one failure when it fails and nothing when it passes. A
 * vitest that fails without a failed test, or ends before it has sent its counts, adds one failure too.
 */
export async function run(
  { name, command: [file, ...args], counted = false, env: own }: Step,
  env: NodeJS.ProcessEnv,
  onProgress: (progress: Progress) => void,
): Promise<Outcome> {
  const start = performance.now()
  const child = spawn(file, args, { env: { ...env, ...own }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const output: string[] = []
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text))
  }
  let last: Progress | undefined
  child.on('message', (progress: Progress) => {
    last = progress
    onProgress(progress)
  })
  const status = await once(child, 'close').then(
    ([code]) => code,
    (error) => void output.push(String(error)),
  )
  const counts = last?.counts ?? none
  const ok = status === 0 && counts.failed === 0 && (!counted || last?.done === true)
  return {
    name,
    ok,
    seconds: (performance.now() - start) / 1000,
    counts: ok || counts.failed > 0 ? counts : { ...counts, failed: 1 },
    output: output.join(''),
  }
}
