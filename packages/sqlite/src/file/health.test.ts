import { SseError } from '@sse/core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Health } from './health.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A log that fails as long as it is broken. */
function createLog() {
  const log = { broken: true, states: [] as string[], probes: 0 }
  const health = new Health(
    (state) => log.states.push(state),
    () => {
      log.probes++
      if (log.broken) throw new Error('still broken')
    },
  )
  return { log, health }
}

it('a log that failed is tried every second until it can be written to', async () => {
  const { log, health } = createLog()
  health.failed(new SseError('log-full', 'full'))
  health.failed(new SseError('log-full', 'full'))
  await Promise.resolve()
  expect([health.state, log.states]).toEqual(['down', ['down']])
  await vi.advanceTimersByTimeAsync(3_000)
  expect([log.probes, log.states]).toEqual([3, ['down']])
  log.broken = false
  await vi.advanceTimersByTimeAsync(5_000)
  expect([log.probes, log.states]).toEqual([4, ['down', 'up']])
})

it('a commit that succeeds says so at once', async () => {
  const { log, health } = createLog()
  health.failed(new SseError('log-full', 'full'))
  health.succeeded()
  health.succeeded()
  await vi.advanceTimersByTimeAsync(5_000)
  expect([log.probes, log.states]).toEqual([0, ['down', 'up']])
})

it('a damaged log is not tried again', async () => {
  const { log, health } = createLog()
  health.failed(new SseError('log-full', 'full'))
  health.failed(new SseError('log-corrupt', 'damaged'))
  log.broken = false
  await vi.advanceTimersByTimeAsync(5_000)
  expect([health.state, log.probes, log.states]).toEqual(['down', 0, ['down']])
  expect(() => health.check()).toThrow('damaged')
})

it('a log that is closed is left alone', async () => {
  const { log, health } = createLog()
  health.failed(new SseError('log-full', 'full'))
  health.stop()
  health.failed(new SseError('log-full', 'full'))
  await vi.advanceTimersByTimeAsync(5_000)
  expect([log.probes, log.states]).toEqual([0, ['down']])
})
