import { describe, expect, it } from 'vitest'
import { serialize } from './data.ts'

describe('serialize', () => {
  it('leaves a string as it is and writes everything else as JSON', () => {
    expect(serialize('{"a":1}')).toBe('{"a":1}')
    expect(serialize({ a: [1, null, 'x'] })).toBe('{"a":[1,null,"x"]}')
    expect(serialize(0)).toBe('0')
    expect(serialize(false)).toBe('false')
    expect(serialize(null)).toBe('null')
    expect(serialize(new Date(0))).toBe('"1970-01-01T00:00:00.000Z"')
  })

  it('takes undefined for an event without data', () => {
    expect(serialize(undefined)).toBe('')
  })

  const cycle: { self?: object } = {}
  cycle.self = cycle
  const throwing = {
    toJSON() {
      throw new Error('no')
    },
  }
  it.each([
    ['a bigint', 1n],
    ['a function', () => {}],
    ['a symbol', Symbol('s')],
    ['a cycle', cycle],
    ['a toJSON that throws', throwing],
  ])('refuses %s with the value and the way out', (_, value) => {
    expect(() => serialize(value)).toThrow(
      expect.objectContaining({ name: 'SseError', code: 'invalid-data', value }),
    )
  })
})
