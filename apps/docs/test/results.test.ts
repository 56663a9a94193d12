import { expect, test } from 'vitest'
import { measured, type Results } from '../background/results.data.ts'

const run: Results = {
  scale: 'full',
  finished: '2026-11-21T18:00:00.000Z',
  machine: { cpu: 'CPU', cores: 2, node: 'v24.0.0', kernel: '6' },
  contestants: [
    { name: 'peer', title: 'peer', version: '1' },
    { name: 'ours', title: 'ours', version: '0' },
    { name: 'absent', title: 'absent', version: '0' },
  ],
  measurements: [
    {
      figure: 'cpu',
      contestant: 'ours',
      setting: { streams: 1000, events: 1 },
      measure: 'cpu',
      values: [1, 2, 4, null],
    },
    {
      figure: 'cpu',
      contestant: 'peer',
      setting: { streams: 1000, events: 1 },
      measure: 'cpu',
      values: [2, 6, 8, 5],
    },
    {
      figure: 'cpu',
      contestant: 'peer',
      setting: { streams: 9, events: 1 },
      measure: 'cpu',
      values: [2, 6, 8, 5],
    },
  ],
}

test('ratios are of repetitions that both have, least first', () => {
  expect(measured(run).tables).toEqual([
    {
      title: 'Server CPU per delivered event: 1,000 streams, one event a turn',
      rows: [
        { title: 'ours', version: '0', isOurs: true, ratio: 1, low: 1, high: 1 },
        { title: 'peer', version: '1', isOurs: false, ratio: 2, low: 2, high: 3 },
      ],
    },
  ])
})
