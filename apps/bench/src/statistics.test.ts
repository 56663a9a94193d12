import { describe, expect, it } from 'vitest'
import { median, quantile, ratio, spread } from './statistics.ts'

describe('the median', () => {
  it('is the one in the middle, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5)
  })

  it('is half way between the two in the middle', () => {
    expect(median([1, 2, 10, 4])).toBe(3)
  })

  it('sorts by value, not as text', () => {
    expect(median([100, 9, 20])).toBe(20)
  })

  it('of no values is refused', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('a quantile', () => {
  it('lies between the values around it', () => {
    expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
    expect(quantile([1, 2, 3], 0)).toBe(1)
    expect(quantile([1, 2, 3], 1)).toBe(3)
  })
})

describe('a spread', () => {
  it('tells the median, the least, the most and the number of repetitions', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3, count: 3 })
  })
})

describe('a ratio', () => {
  it('is taken within each repetition, so that a slow minute of the machine does not count', () => {
    const own = new Map([
      [0, 2],
      [1, 20],
      [2, 4],
    ])
    const reference = new Map([
      [0, 1],
      [1, 10],
      [2, 2],
    ])
    expect(ratio(own, reference)).toEqual({ median: 2, low: 2, high: 2, count: 3 })
  })

  it('leaves out repetitions that one of the two lacks', () => {
    const own = new Map([
      [0, 2],
      [1, 9],
    ])
    expect(ratio(own, new Map([[0, 4]]))).toEqual({ median: 0.5, low: 0.5, high: 0.5, count: 1 })
    expect(ratio(own, new Map([[7, 4]]))).toBeUndefined()
  })
})
