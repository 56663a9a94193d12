/**
 * `pnpm test`: everything that must be green, in one command. Every step runs, also after one that failed; the
 * last line is the sum of all counts. `pnpm test:faults` runs the fault tests of all packages in their long form instead.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { canInstall, install } from './apt.ts'
import { findPart, type Part, parts } from './parts.ts'
import { cache, countsFile, packed, root, tool } from './paths.ts'
import { pnpm } from './pnpm.ts'
import { createProgressLine } from './progress.ts'
import { line, none, sum } from './reporter.ts'
import { type Outcome, run, type Step } from './step.ts'

process.chdir(root)
rmSync(cache, { recursive: true, force: true })
mkdirSync(cache, { recursive: true })

const { env, missing } = prepare()
// A project may be left without any file only when something is left out.
const few = missing.length > 0 ? ['--passWithNoTests'] : []
const vitest = (project: string): [string, ...string[]] => [
  tool('vitest'),
  ...['run', `--project=${project}`, ...few],
  ...['--reporter=minimal', '--reporter=./.ci/reporter.ts'],
]

/** Installed packages and pages of the guides that are too many for each `pnpm test`. */
const installed: Step = {
  name: 'packages as installed',
  command: [tool('vitest'), 'run', ...few, '.ci/consumers', '.ci/newcomer'],
  env: { SSE_FAULTS: 'long' },
}

const faults: Step = {
  name: 'faults',
  command: pnpm(
    '--recursive',
    '--workspace-concurrency=1',
    '--no-bail',
    '--if-present',
    'run',
    'test:faults',
  ),
}

/**
 * Lanes of steps, side by side; the lanes of a stage begin when those of the stage before have ended. The first stage makes what tests
 * need: the packages that some install, and the page of the demo. The tests also wait, so the rest runs beside them.
 */
const stages: readonly (readonly (readonly Step[])[])[] = process.argv.includes('faults')
  ? [[[faults, installed]]]
  : [
      [
        [
          { name: 'pack', command: [process.execPath, '.ci/pack.ts', packed] },
          { name: 'types', command: [tool('tsgo'), '--build'] },
        ],
        [
          // Else several test files would build it at the same time.
          {
            name: 'page of the demo',
            command: [
              process.execPath,
              '--conditions=@sse/source',
              'apps/notifications/test/page/build-page.ts',
            ],
            env: { NODE_ENV: 'test' },
          },
          { name: 'tests of types', command: vitest('types'), counted: true },
          { name: 'lint and format', command: pnpm('run', 'lint') },
        ],
      ],
      [
        [{ name: 'tests', command: vitest('!types'), counted: true }],
        [
          { name: 'packages', command: pnpm('run', 'check') },
          { name: 'types of the pages', command: pnpm('run', 'typecheck:pages') },
          {
            name: 'documentation',
            command: pnpm('--filter', '@sse/docs', 'run', 'build'),
            env: { SSE_DOCS: 'check' },
          },
        ],
      ],
    ]
let left = stages.flat(2).length
const progress = createProgressLine(() => left)
const outcomes = missing.map(asOutcome)
for (const lanes of stages) await Promise.all(lanes.map(runLane))
progress.stop()
conclude()

async function runLane(steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    left--
    progress.show(step.name)
    const outcome = await run(step, env, (far) => {
      if (far.failure) progress.print(`failed  ${far.failure}`)
      progress.show(step.name, far)
    })
    progress.remove(step.name)
    outcomes.push(outcome)
    writeFileSync(`${cache}/${step.name.replaceAll(' ', '-')}.log`, outcome.output)
    progress.print(outcome.ok ? said(outcome) : `\n── ${step.name} ──\n${outcome.output}\n${said(outcome)}`)
  }
}

function said({ name, ok, seconds }: Outcome): string {
  return `${ok ? 'ok    ' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)} s  ${name}`
}

/** Finds the system's parts, installs what it may, says what it leaves out. */
function prepare(): { env: NodeJS.ProcessEnv; missing: Part[] } {
  const absent = parts.filter((part) => !findPart(part))
  // A path that somebody set by hand and that leads nowhere is theirs to mend.
  const installable = absent.filter((part) => !process.env[part.variable])
  if (installable.length > 0 && canInstall()) {
    const packages = installable.map((part) => part.debian)
    console.log(
      `Missing: ${names(installable)}. Installing by apt, without starting anything: ${packages.flat().join(' ')}`,
    )
    const complaint = install(packages)
    if (complaint) console.error(complaint)
  }
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    SSE_PACKED: packed,
    // Some 200 processes of Node load the same modules. What one has compiled, the next ones read.
    NODE_COMPILE_CACHE: `${cache}/compiled`,
  }
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
    counts: { ...none, failed: failed ? 1 : 0 },
    output: '',
  }
}

function conclude(): void {
  console.log('\n── all ──')
  for (const outcome of outcomes) console.log(said(outcome))
  const last = line(sum(outcomes.map((outcome) => outcome.counts)))
  writeFileSync(countsFile, `${last}\n`)
  console.log(last)
  process.exitCode = outcomes.every((outcome) => outcome.ok) ? 0 : 1
}
