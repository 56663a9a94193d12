import { expect, it } from 'vitest'
import { help, readOptions } from './options.ts'

it('measures everything unless told otherwise', () => {
  const { quick, figures, contestants } = readOptions([])
  expect({ quick, figures: figures.size, contestants: contestants.size }).toEqual({
    quick: false,
    figures: 0,
    contestants: 0,
  })
})

it('sorts what follows --only into figures and contestants', () => {
  const { figures, contestants } = readOptions(['--only', 'cpu,ours', '--only', 'nchan'])
  expect([...figures]).toEqual(['cpu'])
  expect([...contestants]).toEqual(['ours', 'nchan'])
})

it('takes the -- that pnpm may pass on', () => {
  expect(readOptions(['--', '--quick']).quick).toBe(true)
})

it('refuses a name that it does not know, with those that it knows', () => {
  expect(() => readOptions(['--only', 'cpus'])).toThrow(/cpus.*cpu, cores, opening.*ours, floor/)
})

it('refuses repetitions that are none', () => {
  expect(() => readOptions(['--repetitions', '0'])).toThrow('not 0')
})

it('the help names every figure and contestant', () => {
  expect(help).toContain('cpu cores opening latency resume reached interactive programs')
  expect(help).toContain('ours floor floor-by-event')
})
