import { expect, it } from 'vitest'
import { Nonces } from './nonces.ts'

const three = [
  { first: 0, nonce: 'a' },
  { first: 1, nonce: 'b' },
  { first: 10, nonce: 'c' },
]

it('an entry has the nonce of the start before it', () => {
  const nonces = new Nonces(three)
  expect([0, 1, 5, 9, 10, 11, 1e9].map((seq) => nonces.at(seq))).toEqual([...'abbbccc'])
  expect(new Nonces(three.slice(1)).at(0)).toBeUndefined()
})

it('a thousand nonces are kept, and those of the entries held', () => {
  expect(new Nonces(three).forgetBefore(100)).toBeUndefined()
  const many = Array.from({ length: 3_000 }, (_, n) => ({ first: n * 10, nonce: `${n}` }))
  const nonces = new Nonces(many)
  expect(nonces.forgetBefore(9)).toBeUndefined()
  expect(nonces.forgetBefore(5_005)).toBe(5_000)
  expect(nonces.at(5_005)).toBe('500')
  expect(nonces.at(4_999)).toBeUndefined()
  expect(nonces.forgetBefore(29_990)).toBe(20_000)
})
