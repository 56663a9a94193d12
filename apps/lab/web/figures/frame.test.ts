import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { perFrame } from './frame.ts'

let frames: (() => void)[]
const page = { hidden: false }

beforeEach(() => {
  vi.useFakeTimers()
  frames = []
  page.hidden = false
  vi.stubGlobal('document', page)
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => frames.push(callback))
  vi.stubGlobal('cancelAnimationFrame', () => {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('what comes between two frames is delivered with the next one, in one go and in order', () => {
  const deliver = vi.fn()
  const add = perFrame(deliver)
  add([1])
  add([2, 3])
  expect(deliver).not.toHaveBeenCalled()
  frames.shift()?.()
  add([4])
  frames.shift()?.()
  vi.runAllTimers()
  expect(deliver.mock.calls).toEqual([[[1, 2, 3]], [[4]]])
})

test('a page without frames gets it by a timer', () => {
  const deliver = vi.fn()
  const add = perFrame(deliver)
  page.hidden = true
  add([1])
  vi.advanceTimersByTime(0)
  expect(deliver.mock.calls).toEqual([[[1]]])
})

test('a frame that does not come is not waited for', () => {
  const deliver = vi.fn()
  perFrame(deliver)([1])
  vi.runAllTimers()
  expect(deliver.mock.calls).toEqual([[[1]]])
})
