/** `pnpm bench`: measures, prints and draws. `--help` says how. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sayMachine } from './machine.ts'
import { help, type Options, readOptions } from './options.ts'
import { profile, sayProfile } from './profile/profile.ts'
import { drawCharts } from './report/charts.ts'
import { createProgress } from './report/progress.ts'
import { type Results, readResults, writeResults } from './report/results.ts'
import { figureTable, goalsTable } from './report/table.ts'
import { run } from './run.ts'

const folder = fileURLToPath(new URL('../results/', import.meta.url))

/** A full run replaces what is committed; anything else goes where git does not look, under its date. */
function placeOf({ scale, started }: Results): { json: string; charts: string } {
  if (scale === 'full') return { json: `${folder}latest.json`, charts: folder }
  const name = started.slice(0, 19).replace(/:/g, '-')
  return { json: `${folder}local/${name}.json`, charts: `${folder}local` }
}

function printFigure(figure: string, results: Results): void {
  const text = figureTable(results, figure)
  if (text) console.log(`\n${text}`)
  if (figure !== 'programs') return
  for (const { command, output } of results.programs) console.log(`\n${command}\n${output}`)
}

async function finish(results: Results, charts: string): Promise<void> {
  const drawn = await drawCharts(results, charts)
  console.log(`\n${drawn.join('\n')}\n\n${sayMachine(results.machine)}, ${results.started}`)
  console.log(`\n${goalsTable(results)}`)
}

async function draw(path: string): Promise<void> {
  const results = readResults(path)
  for (const figure of ['cpu', 'cores', 'opening', 'latency', 'resume', 'reached', 'interactive', 'programs'])
    printFigure(figure, results)
  await finish(results, placeOf(results).charts)
}

async function measure(options: Options): Promise<void> {
  const progress = createProgress()
  const results = await run(options, progress, (figure, sofar) => {
    progress.clear()
    printFigure(figure, sofar)
  })
  progress.clear()
  const { json, charts } = placeOf(results)
  writeResults(json, results)
  console.log(`\n${json}`)
  await finish(results, charts)
}

async function profileBoth(): Promise<void> {
  const profiles = await profile()
  const path = `${folder}profile.json`
  writeFileSync(path, `${JSON.stringify(profiles, undefined, 2)}\n`)
  for (const each of profiles.profiles) console.log(`\n${sayProfile(each)}`)
  console.log(`\n${path}\n\n${sayMachine(profiles.machine)}, ${profiles.finished}`)
}

// The children end by themselves when this process is gone; what it has started else, when it exits.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) console.log(help)
  else if (options.draw !== undefined) await draw(options.draw)
  else if (options.profile) await profileBoth()
  else await measure(options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
