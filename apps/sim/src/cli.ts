import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { planted } from './planted.ts'
import { preload } from './preload.ts'
import { type Kept, play, type Result } from './script/play.ts'
import { scriptOf, shrink } from './script/script.ts'

/** The options of `pnpm sim`. */
export interface Options {
  /** The first seed. Default: any. */
  readonly seed?: string | undefined
  /** Simulated hours. Default 10. */
  readonly hours?: string | undefined
  /** Processes. Default: one for each core. */
  readonly workers?: string | undefined
  /** The file of a kept script, to play instead. */
  readonly script?: string | undefined
  /** A fix that is taken out. */
  readonly plant?: string | undefined
  /** Takes one fix after the other out, and says whether the simulation finds it. */
  readonly planted?: boolean | undefined
  /** Prints everything that happens. */
  readonly trace?: boolean | undefined
  /** The most minutes that it takes. Default: none. */
  readonly minutes?: string | undefined
  readonly worker?: boolean | undefined
}

/** What a worker says of each seed. */
interface Report {
  readonly seed: number
  readonly hours: number
  readonly steps: number
  readonly digest: string
  readonly faults: readonly (readonly [string, number])[]
  readonly violation: string | undefined
  /** The hours of all seeds that were played until it failed. */
  readonly allHours?: number
}

export async function main(options: Options): Promise<void> {
  if (options.worker) await work()
  else if (options.planted) await tryPlanted(options)
  else if (options.script !== undefined || options.trace) await playOne(options)
  else {
    const failed = await run(options)
    if (failed) {
      await explain(failed.seed, options)
      process.exitCode = 1
    }
  }
  // Programs of a simulation may wait for ever.
  process.exit()
}

const randomSeed = () => Math.floor(Math.random() * 2 ** 31)

/** Plays seeds in several processes until so many hours are simulated, or one fails. */
async function run(options: Options, says = console.log): Promise<Report | undefined> {
  const wanted = Number(options.hours ?? 10)
  const count = Number(options.workers ?? availableParallelism())
  const begun = performance.now()
  const until = begun + Number(options.minutes ?? Number.POSITIVE_INFINITY) * 60_000
  const faults = new Map<string, number>()
  let seed = Number(options.seed ?? randomSeed())
  let [hours, steps, seeds] = [0, 0, 0]
  let failed: Report | undefined
  says(`seed ${seed}`)
  await Promise.all(
    Array.from({ length: count }, async () => {
      const plants = options.plant === undefined ? [] : ['--plant', options.plant]
      const worker = fork(process.argv[1]!, ['--worker', ...plants], { execArgv: process.execArgv })
      const next = () => {
        if (failed || (seeds > 0 && hours >= wanted) || performance.now() > until) worker.kill()
        else worker.send(seed++)
      }
      worker.on('message', (report: Report) => {
        hours += report.hours
        steps += report.steps
        seeds++
        for (const [kind, times] of report.faults) faults.set(kind, (faults.get(kind) ?? 0) + times)
        if (report.violation !== undefined) failed ??= report
        next()
      })
      next()
      await new Promise<void>((resolve) => {
        worker.on('exit', (code, signal) => {
          if (signal === null)
            failed ??= { seed, hours, steps, digest: '', faults: [], violation: `The process ended: ${code}` }
          resolve()
        })
      })
    }),
  )
  const minutes = (performance.now() - begun) / 60_000
  says(`${hours.toFixed(1)} hours simulated in ${minutes.toFixed(1)} minutes: ${seeds} seeds, ${steps} steps`)
  says(
    `faults: ${[...faults]
      .sort()
      .map(([kind, times]) => `${kind} ${times}`)
      .join(', ')}`,
  )
  says(failed ? `1 violation. Seed ${failed.seed}: ${failed.violation}` : '0 violations')
  return failed && { ...failed, allHours: hours }
}

/** A process that plays the seeds that it is sent. */
async function work(): Promise<void> {
  await preload()
  process.on('message', async (seed: number) => {
    const result = await play(scriptOf(seed), seed)
    process.send?.(toReport(seed, result))
  })
  await new Promise(() => {})
}

function toReport(seed: number, { violation, faults, hours, steps, digest }: Result): Report {
  return { seed, hours, steps, digest, faults: [...faults], violation: violation?.message }
}

/** Makes the script of a failing seed short, and prints it. */
async function explain(seed: number, { minutes = '5' }: Options): Promise<void> {
  console.log('Making its script shorter …')
  await preload()
  const script = await shrink(seed, scriptOf(seed), Math.min(5, Number(minutes)) * 60_000)
  const kept: Kept = { fault: 'its name in src/planted.ts', seed, script }
  console.log(`${script.operations.length} steps. Keep them in apps/sim/kept:\n${JSON.stringify(kept)}`)
}

/** Plays one seed or one kept script, and prints its digest. */
async function playOne({ seed, script, trace }: Options): Promise<void> {
  await preload()
  const kept: Kept =
    script === undefined
      ? { seed: Number(seed), script: scriptOf(Number(seed)) }
      : JSON.parse(readFileSync(script, 'utf8'))
  const result = await play(kept.script, kept.seed, trace ? console.log : undefined)
  const { hours, steps, digest, violation } = result
  console.log(`seed ${kept.seed}, ${hours.toFixed(2)} hours, ${steps} steps, digest ${digest}`)
  console.log(violation ? `1 violation: ${violation.message}` : '0 violations')
  if (violation) process.exitCode = 1
}

/** Takes each fix out for at most ten minutes. */
async function tryPlanted(options: Options): Promise<void> {
  let found = 0
  for (const { name, commit } of planted) {
    if (options.plant !== undefined && options.plant !== name) continue
    const begun = performance.now()
    const spent = () => (performance.now() - begun) / 60_000
    const most = Number(options.minutes ?? '10')
    let failed: Report | undefined
    let other: Report | undefined
    do {
      const rest = { ...options, hours: '1000000', minutes: String(most - spent()), plant: name }
      failed = await run(rest, () => {})
      // A violation without the fault is another one.
      other = failed && (await run({ seed: String(failed.seed), hours: '0', workers: '1' }, () => {}))
      if (other) console.log(`another violation. Seed ${other.seed}: ${other.violation?.split('\n')[0]}`)
    } while (other)
    if (failed) found++
    const after = `${failed?.allHours?.toFixed(1) ?? 'all'} simulated hours, ${(spent() * 60).toFixed(0)} s`
    console.log(`${failed ? 'found' : 'NOT FOUND'} after ${after}: ${name} (${commit})`)
    if (failed) console.log(`    seed ${failed.seed}: ${failed.violation?.split('\n')[0]}`)
  }
  console.log(`${found} of ${planted.length} planted faults found`)
}
