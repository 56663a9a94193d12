import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as v from 'valibot'

/** What one figure gave for one contestant and one measure, raw. */
const Measurement = v.object({
  figure: v.string(),
  contestant: v.string(),
  /** What was the same for all: streams, events a turn, bytes an event. */
  setting: v.record(v.string(), v.number()),
  measure: v.string(),
  /** One a repetition, in their order; null for one that failed. */
  values: v.array(v.nullable(v.number())),
})

/** Everything a run measured: charts and tables are made of it, and can be again. */
export const Results = v.object({
  /** Of this form. */
  version: v.literal(1),
  /** `partial`: a part that was asked for. */
  scale: v.picklist(['full', 'quick', 'partial']),
  started: v.pipe(v.string(), v.isoTimestamp()),
  finished: v.pipe(v.string(), v.isoTimestamp()),
  machine: v.object({
    cpu: v.string(),
    cores: v.number(),
    memory: v.number(),
    system: v.string(),
    kernel: v.string(),
    node: v.string(),
    files: v.number(),
    load: v.number(),
  }),
  /** Cores of the server and of the load; null where they could not be pinned. */
  pinned: v.nullable(v.object({ server: v.number(), load: v.number() })),
  contestants: v.array(
    v.object({
      name: v.string(),
      title: v.string(),
      version: v.string(),
      kind: v.picklist(['ours', 'floor', 'peer', 'open']),
    }),
  ),
  measurements: v.array(Measurement),
  disqualified: v.array(v.object({ contestant: v.string(), figure: v.string(), reason: v.string() })),
  /** What could not be measured on this machine. */
  absent: v.array(v.object({ contestant: v.string(), reason: v.string() })),
  /** Programs of other packages, with what they printed. */
  programs: v.array(v.object({ name: v.string(), command: v.string(), output: v.string() })),
})

export type Results = v.InferOutput<typeof Results>
export type Measurement = v.InferOutput<typeof Measurement>

/** @throws Error when the file is not what this version writes */
export function readResults(path: string): Results {
  const parsed = v.safeParse(Results, JSON.parse(readFileSync(path, 'utf8')))
  if (parsed.success) return parsed.output
  throw new Error(
    `${path} holds no results of this version: ${v.summarize(parsed.issues)}\nMeasure again: pnpm bench`,
  )
}

export function writeResults(path: string, results: Results): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${format(v.parse(Results, results))}\n`)
}

/** JSON to be read and compared: the values of a measurement are on one line. */
function format(results: Results): string {
  return JSON.stringify(results, undefined, 2).replace(/\[[\s\d.,eE+-]*?(?:null[\s\d.,eE+-]*?)*\]/g, (list) =>
    list.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'),
  )
}
