import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { comparePositions } from './compare-positions.ts'

describe('comparePositions', () => {
  it.each([
    ['a-1', 'a-2', -1],
    ['a-10', 'a-9', 1],
    ['a-7', 'a-7', 0],
    ['a-7-x', 'a-8-y', -1],
    ['a-7.2-x', 'a-7.10-y', -1],
    ['a-18446744073709551615.1', 'a-18446744073709551615.2', -1],
    ['a-9007199254740993', 'a-9007199254740992', 1],
  ] as const)('orders %s and %s by their numbers', (a, b, order) => {
    expect(comparePositions(a, b)).toBe(order)
    expect(comparePositions(b, a)).toBe(order === 0 ? 0 : -order)
  })

  it.each([
    ['two logs', 'a-1', 'b-2'],
    ['two branches of a log', 'a-7-x', 'a-7-y'],
    ['an id and a text of another form', 'a-7', '1723-0-a-x'],
    ['an id and the empty text', 'a-7', ''],
    ['two texts that are not ids', 'yesterday', 'yesterday'],
    ['leading zeros', 'a-07', 'a-8'],
    ['negative numbers', 'a--7', 'a-8'],
    ['ids of more than 64 bytes', `a-${'1'.repeat(70)}`, 'a-8'],
    ['a line break', 'a-7\n', 'a-8'],
    ['what is not a string', 7 as unknown as string, 'a-8'],
  ])('cannot order %s', (_, a, b) => {
    expect(comparePositions(a, b)).toBeUndefined()
    expect(comparePositions(b, a)).toBeUndefined()
  })

  it('orders numbers of 64 bits exactly', () => {
    const number = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    fc.assert(
      fc.property(fc.tuple(number, number), fc.tuple(number, number), (one, other) => {
        const [a, b] = [one, other].map(([major, minor]) => `e-${major}.${minor}-n`) as [string, string]
        const [[x, y], [u, v]] = [one, other]
        const expected = x === u && y === v ? 0 : x < u || (x === u && y < v) ? -1 : 1
        expect(comparePositions(a, b)).toBe(expected)
      }),
    )
  })
})
