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

  it('writes undefined as the empty text', () => {
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

  it('replaces lone surrogates with U+FFFD, as UTF-8 does', () => {
    expect(serialize('a\ud83d')).toBe('a\ufffd')
  })

  it.each([
    ['a promise', Promise.resolve(1), 'await it first'],
    ['a promise as a property', { user: Promise.resolve(1) }, '"user" in the data is a promise'],
    ['a Map', new Map([[1, 2]]), 'Object.fromEntries'],
    ['a Set in a list', [new Set([1])], '[...set]'],
    ['a regular expression', /x/, 'source'],
    ['an error', new Error('x'), 'send its message'],
  ])('refuses %s, which JSON would write as {}', (_, value, wayOut) => {
    expect(() => serialize(value)).toThrow(expect.objectContaining({ code: 'invalid-data', value }))
    expect(() => serialize(value)).toThrow(wayOut)
  })

  it('accepts values with toJSON, and errors with properties of their own', () => {
    const map = Object.assign(new Map(), { toJSON: () => [1] })
    expect(serialize(map)).toBe('[1]')
    expect(serialize(Object.assign(new Error('x'), { code: 'E' }))).toBe('{"code":"E"}')
  })

  it('does not call getters to search for them', () => {
    let runs = 0
    const data = {
      get once() {
        runs++
        return 1
      },
    }
    expect(serialize(data)).toBe('{"once":1}')
    expect(runs).toBe(1)
  })
})
