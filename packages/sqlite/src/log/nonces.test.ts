import { expect, it } from 'vitest'
import { Terms } from './nonces.ts'

const three = [
  { first: 0, nonce: 'a' },
  { first: 1, nonce: 'b' },
  { first: 10, nonce: 'c' },
]

it('an entry has the nonce of the term in which it was appended', () => {
  const terms = new Terms(three)
  expect([0, 1, 5, 9, 10, 11, 1e9].map((seq) => terms.nonceAt(seq))).toEqual([...'abbbccc'])
  expect(new Terms(three.slice(1)).nonceAt(0)).toBeUndefined()
})

it('a thousand terms are kept, and those of the entries held', () => {
  expect(new Terms(three).forget(100)).toBeUndefined()
  const many = Array.from({ length: 3_000 }, (_, n) => ({ first: n * 10, nonce: `${n}` }))
  const terms = new Terms(many)
  expect(terms.forget(9)).toBeUndefined()
  expect(terms.forget(5_005)).toBe(5_000)
  expect(terms.nonceAt(5_005)).toBe('500')
  expect(terms.nonceAt(4_999)).toBeUndefined()
  expect(terms.forget(29_990)).toBe(20_000)
})
