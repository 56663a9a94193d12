import { expect, it } from 'vitest'
import { sayFaults, Tally } from './tally.ts'

/** Two streams that are to get the events 5 to 7. */
function begun(): Tally {
  const tally = new Tally()
  tally.begin(2, 5)
  tally.expect(3)
  return tally
}

function faultsAfter(first: readonly number[], second: readonly number[]) {
  const tally = begun()
  for (const seq of first) tally.count(0, seq)
  for (const seq of second) tally.count(1, seq)
  tally.end()
  return sayFaults(tally.faults)
}

it('finds no fault where every stream gets everything once and in order', () => {
  expect(faultsAfter([5, 6, 7], [5, 6, 7])).toBeUndefined()
})

it('knows when everything has come', () => {
  const tally = begun()
  for (const seq of [5, 6, 7]) tally.count(0, seq)
  expect(tally.remaining).toBe(3)
  for (const seq of [5, 6, 7]) tally.count(1, seq)
  expect(tally.remaining).toBe(0)
})

it('finds an event that was dropped in the middle', () => {
  expect(faultsAfter([5, 6, 7], [5, 7])).toBe('dropped 1 events')
})

it('finds events that were dropped at the end', () => {
  expect(faultsAfter([5, 6, 7], [5])).toBe('dropped 2 events')
})

it('finds a stream that got nothing', () => {
  expect(faultsAfter([5, 6, 7], [])).toBe('dropped 3 events')
})

it('finds an event that came twice', () => {
  expect(faultsAfter([5, 6, 6, 7], [5, 6, 7])).toBe('delivered 1 events twice')
})

it('finds an old event that came again', () => {
  expect(faultsAfter([4, 5, 6, 7], [5, 6, 7])).toBe('delivered 1 events twice')
})

it('finds events that came in the wrong order, and does not take them for dropped', () => {
  expect(faultsAfter([6, 5, 7], [5, 6, 7])).toBe('delivered 1 events out of order')
})

it('names several faults at once, and streams that ended', () => {
  const tally = begun()
  for (const seq of [5, 5]) tally.count(0, seq)
  tally.faults.closed = 1
  tally.end()
  expect(sayFaults(tally.faults)).toBe('dropped 5 events, delivered 1 events twice, ended 1 streams')
})
