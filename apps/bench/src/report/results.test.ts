import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { drawCharts } from './charts.ts'
import { compare, rowsOf } from './compare.ts'
import { goalsOf } from './goals.ts'
import { recorder } from './record.ts'
import { type Results, readResults, writeResults } from './results.ts'
import { figureTable, goalsTable } from './table.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sse-bench-results-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const times: Readonly<Record<string, number>> = {
  ours: 1.1,
  floor: 1,
  'floor-by-event': 8,
  'better-sse': 2,
  nchan: 1.3,
}

/** To open a stream, in microseconds. */
const opening: Readonly<Record<string, number>> = { ours: 130, 'express-response': 100 }

/** A run in which everything took as many microseconds as the floor, times the number above. */
function measured(): Results {
  const { measurements, record } = recorder()
  for (const repetition of [0, 1, 2]) {
    for (const [contestant, factor] of Object.entries(times)) {
      const base = { contestant, repetition }
      for (const events of [1, 10]) {
        const setting = { streams: 1_000, events, bytes: 200 }
        record({ ...base, figure: 'cpu', setting, measures: { cpu: factor * (repetition + 1) } })
      }
      for (const stalled of [0, 10]) {
        const measures = { p50: 1_000, p99: 4_000 + 100 * stalled, max: 9_000 }
        record({ ...base, figure: 'latency', setting: { streams: 1_000, stalled, interval: 25 }, measures })
      }
    }
    for (const workers of [1, 2]) {
      const measures = { cpu: 9 + workers, ...(workers > 1 && { uneven: 1.1 }) }
      const setting = { workers, streams: 1_000 * workers }
      record({ figure: 'cores', contestant: 'ours', setting, repetition, measures })
    }
    for (const [contestant, cpu] of Object.entries(opening)) {
      const measures = { cpu, perSecond: 5_000, rss: 20_000 }
      record({ figure: 'opening', contestant, setting: { streams: 10_000 }, repetition, measures })
    }
    for (const missed of [0, 10]) {
      const measures = { milliseconds: 500 + missed, cpu: 400_000, reads: 0 }
      const setting = { streams: 5_000, missed }
      record({ figure: 'resume', contestant: 'ours', setting, repetition, measures })
    }
    for (const signedIn of [0, 1]) {
      const setting = { signedIn, slowdown: 4 }
      const measures = { milliseconds: 900 + 200 * signedIn + repetition }
      record({ figure: 'interactive', contestant: 'ours', setting, repetition, measures })
    }
    for (const followed of [1, 0]) {
      const measures = { p50: 1_000, p99: followed ? 100_000 : 1_001_000, max: 2_000_000 }
      const setting = { pages: 20, writes: 1_000, followed }
      record({ figure: 'reached', contestant: 'ours', setting, repetition, measures })
    }
  }
  const kinds = { ours: 'ours', floor: 'floor', 'floor-by-event': 'floor' } as const
  return {
    version: 1,
    scale: 'partial',
    started: '2026-01-02T03:04:05.678Z',
    finished: '2026-01-02T03:24:05.678Z',
    machine: {
      cpu: 'A processor',
      cores: 2,
      memory: 8e9,
      system: 'Linux',
      kernel: '6.1',
      node: 'v24.0.0',
      files: 20_000,
      load: 0.1,
    },
    pinned: { server: 1, load: 0 },
    contestants: [...Object.keys(times), 'express-response'].map((name) => ({
      name,
      title: `title of ${name}`,
      version: '1.2.3',
      kind: kinds[name as keyof typeof kinds] ?? 'peer',
    })),
    measurements,
    disqualified: [],
    absent: [{ contestant: 'nchan', reason: 'not installed' }],
    programs: [{ name: 'sqlite', command: 'node speed.ts', output: 'two\nlines [1, 2]' }],
  }
}

describe('a file of results', () => {
  it('gives back what was written', () => {
    const path = join(folder, 'results.json')
    writeResults(path, measured())
    expect(readResults(path)).toEqual(measured())
  })

  it('has the repetitions of a measure on one line, to be read', () => {
    const path = join(folder, 'results.json')
    writeResults(path, measured())
    expect(readFileSync(path, 'utf8')).toContain('"values": [1.1, 2.2, 3.3]')
  })

  it('of another form is refused, with what is wrong and the way out', () => {
    const path = join(folder, 'results.json')
    const { machine, ...rest } = measured()
    writeFileSync(path, JSON.stringify({ ...rest, version: 2 }))
    expect(() => readResults(path)).toThrow(/machine[\s\S]*pnpm bench/)
  })
})

describe('a comparison', () => {
  const cpu = { figure: 'cpu', setting: { streams: 1_000, events: 1, bytes: 200 }, measure: 'cpu' }

  it('has the least first, and each as a multiple of the floor', () => {
    const rows = rowsOf(measured(), cpu)
    expect(rows.map(({ contestant }) => contestant)).toEqual([
      'floor',
      'ours',
      'nchan',
      'better-sse',
      'floor-by-event',
    ])
    expect(rows[1]?.toFloor?.median).toBeCloseTo(1.1)
    expect(rows[3]?.ours?.median).toBeCloseTo(0.55)
  })

  it('has no place for who was disqualified', () => {
    const results = measured()
    results.disqualified.push({ contestant: 'nchan', figure: 'cpu', reason: 'dropped 1 events' })
    expect(rowsOf(results, cpu).map(({ contestant }) => contestant)).not.toContain('nchan')
    expect(compare(results, { ...cpu, contestant: 'ours' }, { ...cpu, contestant: 'nchan' })).toBeUndefined()
    expect(figureTable(results, 'cpu')).toContain('disqualified: nchan: dropped 1 events')
  })

  it('leaves out a repetition that one of the two lacks', () => {
    const { measurements, record } = recorder()
    const base = { ...cpu, contestant: 'ours' }
    record({ ...base, repetition: 2, measures: { cpu: 4 } })
    expect(measurements[0]?.values).toEqual([null, null, 4])
  })
})

describe('the goals', () => {
  it('are met or not by the medians', () => {
    const met = goalsOf(measured()).map(({ met }) => met)
    expect(met).toEqual([
      ...[undefined, undefined, true, false, true, false, true],
      ...[false, true, true, true, true, true, true, true, false, true, false],
    ])
  })

  it('say so in words', () => {
    const text = goalsTable(measured())
    expect(text).toMatch(/1,000 streams, 1 a turn, to the bare net floor +1.1 +1.10 +1.10 – 1.10 +met/)
    expect(text).toMatch(/10 a turn, to better-sse +0.25 +0.55 .*NOT MET/)
    expect(text).toMatch(
      /list of the demo responds in Chromium, 4 times slower processor +1000 +1101.00 .*NOT MET/,
    )
    expect(text).toMatch(/100 streams, 1 a turn, to nchan +1 .*not measured/)
  })

  it('are not taken for met where a broker was called', () => {
    const results = measured()
    for (const measurement of results.measurements) {
      if (measurement.measure === 'reads') measurement.values = [0, 1, 1]
    }
    expect(goalsOf(results).find(({ text }) => text.includes('broker calls'))?.met).toBe(false)
  })
})

describe('the charts', () => {
  it('carry the machine, the versions and the date, and everybody who has a result', async () => {
    const drawn = await drawCharts(measured(), folder)
    expect(drawn.map((path) => path.slice(folder.length + 1))).toEqual([
      'cpu.svg',
      'cpu-by-streams.svg',
      'memory.svg',
      'connects.svg',
      'latency.svg',
      'resume.svg',
    ])
    for (const path of drawn) {
      const svg = readFileSync(path, 'utf8')
      expect(svg).toContain('2026-01-02 · A processor, 2 cores, 8 GB, Linux 6.1, Node v24.0.0')
      expect(svg).toContain('title of nchan 1.2.3')
    }
    expect(readFileSync(drawn[0]!, 'utf8')).toContain('title of ours')
  })

  it('are only of what was measured', async () => {
    const results = measured()
    const cpu = results.measurements.filter(({ figure }) => figure === 'cpu')
    const drawn = await drawCharts({ ...results, measurements: cpu }, folder)
    expect(drawn).toHaveLength(2)
  })
})
