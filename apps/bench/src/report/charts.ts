import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, View } from 'vega'
import { compile } from 'vega-lite'
import { sayMachine } from '../machine.ts'
import { picturesOf } from './pictures.ts'
import type { Results } from './results.ts'

/** Draws what the results hold into a folder; answers the files. */
export async function drawCharts(results: Results, folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true })
  const drawn: string[] = []
  for (const { name, title, lines, spec } of picturesOf(results)) {
    const head = { text: title, subtitle: [...lines, ...origin(results)] }
    const view = new View(parse(compile(spec(head)).spec), { renderer: 'none' })
    const path = join(folder, `${name}.svg`)
    writeFileSync(path, `${await view.toSVG()}\n`)
    drawn.push(path)
  }
  return drawn
}

/** Machine, versions and date: in the picture, so that they are not lost when it is passed on. */
function origin({ machine, contestants, started, disqualified }: Results): string[] {
  const versions = new Map(
    contestants.flatMap(({ name, kind, title, version }) =>
      version === '' || kind === 'ours'
        ? []
        : [[`${name.startsWith('res-write') ? 'express' : title} ${version}`, true]],
    ),
  )
  const lines = wrapped([...versions.keys()].filter((text) => !text.startsWith('bare')))
  const out = disqualified.map(({ contestant, figure }) => `${contestant} (${figure})`)
  return [
    `${started.slice(0, 10)} · ${sayMachine(machine)}, load ${machine.load} before the run`,
    ...lines,
    ...(out.length > 0 ? [`Disqualified: ${out.join(', ')}`] : []),
  ]
}

/** Characters in a line below the title. */
const width = 100

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last}, ${word}`
    else lines.push(word)
  }
  return lines
}
