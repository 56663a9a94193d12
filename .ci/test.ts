/**
 * `pnpm test`: everything that must be green, in one command. Every step runs, also after one that failed; the
 * last line is the sum of all runners' counts. A step without tests of its own (types, lint, packages,
 * documentation) adds one failure when it fails and nothing when it passes.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { canInstall, install } from './apt.ts'
import { line, oneFailed, sum } from './counts.ts'
import { findPart, type Part, parts } from './parts.ts'
import { cache, countsFile, root, tool } from './paths.ts'
import { pnpm } from './pnpm.ts'
import { type Outcome, run, type Step } from './step.ts'

process.chdir(root)
rmSync(countsFile, { force: true })

const { env, missing } = prepare()
// A project may be left without any file only when something is left out.
const few = missing.length > 0 ? ['--passWithNoTests'] : []
const vitest = (project: string): [string, ...string[]] => [
  tool('vitest'),
  'run',
  ...few,
  `--project=${project}`,
]

const steps: Step[] = [
  { name: 'types', command: pnpm('run', 'typecheck') },
  { name: 'lint and format', command: pnpm('run', 'lint') },
  { name: 'packages', command: pnpm('run', 'check') },
  { name: 'documentation', command: pnpm('--filter', '@sse/docs', 'run', 'build') },
  { name: 'unit and integration', command: vitest('unit'), counted: true },
  { name: 'the middleware behind a wrapped res.write', command: vitest('wrapped write'), counted: true },
  { name: 'browser', command: vitest('browser'), counted: true },
]
const outcomes = [...missing.map(asOutcome), ...steps.map((step) => run(step, env))]
conclude(outcomes)

/** Finds the system's parts, installs what it may, says what it leaves out. */
function prepare(): { env: NodeJS.ProcessEnv; missing: Part[] } {
  const absent = parts.filter((part) => !findPart(part))
  // A path that somebody set by hand and that leads nowhere is theirs to mend.
  const installable = absent.filter((part) => !process.env[part.variable])
  if (installable.length > 0 && canInstall()) {
    const packages = installable.flatMap((part) => part.debian)
    console.log(
      `Missing: ${names(installable)}. Installing by apt, without starting anything: ${packages.join(' ')}`,
    )
    const complaint = install(packages)
    if (complaint) console.error(complaint)
  }
  const env: NodeJS.ProcessEnv = { ...process.env }
  const missing: Part[] = []
  for (const part of parts) {
    const executable = findPart(part)
    if (executable) env[part.variable] = executable
    else missing.push(part)
  }
  if (missing.length > 0) env['SSE_TESTS_LEFT_OUT'] = missing.flatMap((part) => part.suites).join(' ')
  for (const part of missing) {
    console.log(`Missing: ${part.name} (set ${part.variable} or install it). Left out: ${part.covers}.`)
  }
  return { env, missing }
}

function names(some: readonly Part[]): string {
  return some.map((part) => part.name).join(', ')
}

/** On a developer's machine a missing part is told; in CI nobody reads what was left out. */
function asOutcome({ name, covers }: Part): Outcome {
  const failed = process.env['CI'] === 'true'
  return {
    name: `${name} is missing, ${covers} left out`,
    ok: !failed,
    seconds: 0,
    counts: failed ? oneFailed : sum([]),
  }
}

function conclude(all: readonly Outcome[]): void {
  console.log('\n── all ──')
  for (const { name, ok, seconds } of all) {
    console.log(`${ok ? 'ok    ' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)} s  ${name}`)
  }
  const last = line(sum(all.map((outcome) => outcome.counts)))
  mkdirSync(cache, { recursive: true })
  writeFileSync(countsFile, `${last}\n`)
  console.log(last)
  process.exitCode = all.every((outcome) => outcome.ok) ? 0 : 1
}
