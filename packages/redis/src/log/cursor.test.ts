import { expect, it } from 'vitest'
import { compareAt, parseId } from './cursor.ts'

const numbers = [0n, 1n, 9n, 10n, 99n, 1_700_000_000_000n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]
const ids = numbers.flatMap((time) => numbers.map((number) => [time, number] as const))

it('takes an id apart, and fits into 64 bytes whatever Redis counts', () => {
  const id = '0123abcd-18446744073709551615.18446744073709551615-0123456789ab'
  expect(id.length).toBeLessThanOrEqual(64)
  expect(parseId(id)).toEqual({
    id,
    at: '18446744073709551615-18446744073709551615',
    epoch: '0123abcd',
    nonce: '0123456789ab',
  })
})

it.each([
  '',
  '1-1',
  '0123abcd-1.1',
  '0123abcd-1-0123456789ab',
  '0123abcd-01.1-0123456789ab',
  '0123abcd-1.01-0123456789ab',
  '0123abcd-18446744073709551616.1-0123456789ab',
  '0123ABCD-1.1-0123456789ab',
  '0123abcd-1.1-0123456789ab ',
  '0123abcd--1.1-0123456789ab',
  // The form of the version before.
  '1-1-0123abcd-0123456789ab',
])('takes %j for no id', (text) => {
  expect(parseId(text)).toBeUndefined()
})

it('compares stream ids as Redis does, as numbers of 64 bits', () => {
  for (const one of ids) {
    for (const other of ids) {
      const difference = one[0] === other[0] ? one[1] - other[1] : one[0] - other[0]
      const sign = difference === 0n ? 0 : difference < 0n ? -1 : 1
      expect(Math.sign(compareAt(one.join('-'), other.join('-')))).toBe(sign)
    }
  }
})
