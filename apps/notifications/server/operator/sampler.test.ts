import { createHub } from '@sse/express'
import { expect, onTestFinished, test, vi } from 'vitest'
import { eventSchemas } from '../../shared/schemas.ts'
import { createOpenLines } from '../line/open-lines.ts'
import { createSampler } from './sampler.ts'

test('it runs only while somebody listens, once for all', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const sampler = createSampler(createHub({ events: eventSchemas, heartbeat: 0 }), createOpenLines())
  expect(vi.getTimerCount()).toBe(0)

  const told: string[] = []
  const stopFirst = sampler.listen(() => told.push('first'))
  const stopSecond = sampler.listen(() => told.push('second'))
  expect(vi.getTimerCount()).toBe(1)
  // At once, and then every second.
  expect(told.splice(0)).toEqual(['first', 'second'])
  vi.advanceTimersByTime(1000)
  expect(told).toEqual(['first', 'second'])

  stopFirst()
  vi.advanceTimersByTime(1000)
  expect(told).toEqual(['first', 'second', 'second'])
  stopSecond()
  vi.advanceTimersByTime(1000)
  expect(told).toHaveLength(3)
  expect(vi.getTimerCount()).toBe(0)

  // Nobody is told figures from before they listened: these are of now.
  const at = Date.now()
  sampler.listen((stats) => told.push(`third ${stats.at - at} ${stats.entriesPerSecond}`))
  expect(told.slice(3)).toEqual(['third 0 0'])
})
