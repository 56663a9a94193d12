import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LabEvent } from '../../shared/lab.ts'
import { createEventClock } from './event-clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function start(rate: number) {
  const made: LabEvent[] = []
  const state = { due: true }
  const clock = createEventClock({ due: () => state.due, emit: (event) => made.push(event) })
  clock.setRate(rate)
  return { clock, made, state }
}

test('so many events a second, counted by one, each at another distance', () => {
  const { made } = start(10)
  vi.advanceTimersByTime(100_000)
  expect(made.length).toBeGreaterThan(900)
  expect(made.length).toBeLessThan(1_100)
  expect(made.map(({ n }) => n)).toEqual(made.map((_, index) => index + 1))
  const distances = made.slice(1).map(({ at }, index) => at - made[index]!.at)
  expect(Math.min(...distances)).toBeLessThan(60)
  expect(Math.max(...distances)).toBeGreaterThan(140)
})

test('what is not due is not made, and leaves no number out', () => {
  const { made, state } = start(10)
  vi.advanceTimersByTime(1_000)
  const before = made.length
  state.due = false
  vi.advanceTimersByTime(10_000)
  expect(made).toHaveLength(before)
  state.due = true
  vi.advanceTimersByTime(1_000)
  expect(made[before]?.n).toBe(before + 1)
})

test('a faster rate counts at once', () => {
  const { clock, made } = start(1)
  clock.setRate(100)
  vi.advanceTimersByTime(100)
  expect(made.length).toBeGreaterThan(4)
})

test('the filling is as long as it is set', () => {
  const { clock, made } = start(10)
  for (const bytes of [0, 1, 64, 16_384]) {
    clock.setPayload(bytes)
    vi.advanceTimersByTime(1_000)
    expect(made.at(-1)?.text).toHaveLength(bytes)
  }
})

test('stopped, it makes nothing', () => {
  const { clock, made } = start(10)
  clock.stop()
  vi.advanceTimersByTime(10_000)
  expect(made).toEqual([])
})
