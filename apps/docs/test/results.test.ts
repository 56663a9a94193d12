import type { Results } from '@sse/bench/results'
import { expect, test } from 'vitest'
import { explained } from '../background/profile.data.ts'
import { measured } from '../background/results.data.ts'

const machine = {
  cpu: 'CPU',
  cores: 2,
  memory: 8e9,
  system: 'Linux',
  kernel: '6',
  node: 'v24.0.0',
  files: 20_000,
  load: 0,
}
const cpu = { figure: 'cpu', measure: 'cpu' }
const few = { streams: 9, events: 1 }
const many = { streams: 1_000, events: 1, bytes: 200 }

const run: Results = {
  version: 1,
  scale: 'full',
  started: '2026-11-21T17:00:00.000Z',
  finished: '2026-11-21T18:00:00.000Z',
  machine,
  pinned: null,
  contestants: [
    { name: 'better-sse', title: 'peer', version: '1', kind: 'peer' },
    { name: 'ours', title: 'ours', version: '0', kind: 'ours' },
    { name: 'absent', title: 'absent', version: '0', kind: 'peer' },
  ],
  measurements: [
    { ...cpu, contestant: 'ours', setting: many, values: [1, 2, 4, null] },
    { ...cpu, contestant: 'better-sse', setting: many, values: [2, 6, 8, 5] },
    { ...cpu, contestant: 'better-sse', setting: few, values: [2, 6, 8, 5] },
  ],
  disqualified: [],
  absent: [],
  programs: [],
}

test('ratios are of repetitions that both have, least first', () => {
  expect(measured(run).tables[0]).toEqual({
    title: 'Server CPU per delivered event: 1,000 streams, one event a turn, 200 bytes an event',
    rows: [
      { title: 'ours', version: '0', isOurs: true, ratio: { median: 1, low: 1, high: 1, count: 3 } },
      { title: 'peer', version: '1', isOurs: false, ratio: { median: 2, low: 2, high: 3, count: 3 } },
    ],
  })
})

test('of the goals those are told that were measured, met or not', () => {
  expect(measured(run).goals).toEqual([
    expect.objectContaining({
      limit: 0.5,
      measured: { median: 0.5, low: 1 / 3, high: 0.5, count: 3 },
      met: true,
    }),
  ])
})

test('a profile says what each part of the code costs a delivery, in ours and in the floor', () => {
  const profiles = [
    {
      name: 'ours',
      title: 'ours',
      perDelivery: 4,
      where: [
        { name: 'write', part: 0.75 },
        { name: 'core', part: 0.249 },
        { name: 'dust', part: 0.001 },
      ],
      functions: [],
    },
    { name: 'floor', title: 'floor', perDelivery: 3, where: [{ name: 'write', part: 1 }], functions: [] },
  ]
  const load = { streams: 1_000, events: 1, bytes: 200 } as const
  expect(explained({ finished: '2026-11-21T18:00:00.000Z', machine, load, profiles })).toEqual({
    when: '2026-11-21',
    ours: 4,
    floor: 3,
    parts: [
      { name: 'write', ours: 3, floor: 3 },
      { name: 'core', ours: 0.996, floor: 0 },
    ],
  })
})
