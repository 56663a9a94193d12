import { type Contestant, catalog, reference } from './contestants/catalog.ts'
import { findCores, leaveServerCore } from './cores.ts'
import type { Bench } from './figures/figure.ts'
import { figures } from './figures/index.ts'
import { thisMachine } from './machine.ts'
import type { Options } from './options.ts'
import type { Progress } from './report/progress.ts'
import { recorder } from './report/record.ts'
import type { Results } from './report/results.ts'
import { full, quick, type Scale } from './scale.ts'

/** Files that a server or the load opens besides its streams. */
const spareFiles = 200
/** The load of a core from which on others disturb what is measured. */
const busy = 0.25

/** Measures what was asked for. `onFigure` is told after each figure, with the results so far. */
export async function run(
  options: Options,
  progress: Progress,
  onFigure: (figure: string, results: Results) => void,
): Promise<Results> {
  const machine = thisMachine()
  const scale = scaleFor(options, machine.files, progress)
  const { measured, absent } = contestantsFor(options)
  for (const { contestant, reason } of absent) progress.say(`${contestant} is left out: ${reason}.`)
  const cores = findCores()
  if (cores) leaveServerCore(cores)
  progress.say(
    cores
      ? `The server has core ${cores.server} to itself, the load and this command have core ${cores.load}.`
      : 'Nothing is pinned to a core: that needs two of them, and taskset (Linux). Take the figures with a grain of salt.',
  )
  if (machine.load > busy * machine.cores) {
    progress.say(`The machine is busy (load ${machine.load}): look at the spread before the medians.`)
  }
  const { measurements, record } = recorder()
  const part = options.figures.size + options.contestants.size > 0 || options.repetitions !== undefined
  const results: Results = {
    version: 1,
    scale: part ? 'partial' : scale.name,
    started: new Date().toISOString(),
    finished: new Date().toISOString(),
    machine,
    pinned: cores ? { ...cores } : null,
    contestants: measured.map(({ name, title, kind, version }) => ({
      name,
      title,
      kind,
      version: version?.() ?? '',
    })),
    measurements,
    disqualified: [],
    absent,
    programs: [],
  }
  const bench: Bench = {
    scale,
    contestants: measured,
    cores,
    record,
    disqualify(contestant, figure, reason) {
      results.disqualified.push({ contestant, figure, reason })
      progress.say(`${contestant} is disqualified (${figure}): ${reason}`)
    },
    isOut: (name, figure) =>
      results.disqualified.some((out) => out.contestant === name && out.figure === figure),
    progress: progress.step,
    output: (name, command, output) => void results.programs.push({ name, command, output }),
  }
  for (const figure of figures) {
    if (options.figures.size > 0 ? !options.figures.has(figure.name) : skipped(figure.name, scale)) continue
    progress.say(`\n${figure.title}`)
    await figure.measure(bench)
    results.finished = new Date().toISOString()
    onFigure(figure.name, results)
  }
  return results
}

/** They take minutes: only a full run has them, or a run with `--only`. */
function skipped(figure: string, { programs }: Scale): boolean {
  return figure === 'programs' && !programs
}

function scaleFor(options: Options, files: number, progress: Progress): Scale {
  const wanted = options.quick ? quick : full
  const scale = { ...wanted, ...(options.repetitions && { repetitions: every(options.repetitions) }) }
  const most = files - spareFiles
  const asked = Math.max(
    ...scale.cpu.streams,
    2 * scale.cores.streams,
    scale.opening.streams + scale.opening.warmUp,
  )
  if (asked <= most) return scale
  progress.say(
    `A process may have ${files} files open here: no more than ${most} streams are measured. More: ulimit -n 20000`,
  )
  return {
    ...scale,
    cpu: { ...scale.cpu, streams: scale.cpu.streams.filter((streams) => streams <= most) },
    cores: { ...scale.cores, streams: Math.min(scale.cores.streams, Math.floor(most / 2)) },
    opening: { ...scale.opening, streams: Math.min(scale.opening.streams, most - scale.opening.warmUp) },
    resume: { ...scale.resume, streams: Math.min(scale.resume.streams, most) },
  }
}

function every(repetitions: number): Scale['repetitions'] {
  return {
    cpu: repetitions,
    cores: repetitions,
    opening: repetitions,
    latency: repetitions,
    resume: repetitions,
    reached: repetitions,
    interactive: repetitions,
  }
}

function contestantsFor({ quick, contestants }: Options): {
  measured: Contestant[]
  absent: Results['absent']
} {
  const wanted = catalog.filter(({ name, quick: inQuick }) =>
    contestants.size > 0 ? contestants.has(name) || name === reference : !quick || inQuick,
  )
  const absent = wanted.flatMap(({ name, missing }) => {
    const reason = missing?.()
    return reason === undefined ? [] : [{ contestant: name, reason }]
  })
  const isThere = ({ name }: Contestant) => !absent.some(({ contestant }) => contestant === name)
  return { measured: wanted.filter(isThere), absent }
}
