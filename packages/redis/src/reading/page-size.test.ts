import { expect, it } from 'vitest'
import { PageSize } from './page-size.ts'

const some = (count: number, bytes: number) =>
  Array.from({ length: count }, () => ({ data: 'x'.repeat(bytes) }))

it('waits for few at first, for twice as many as came then, and for few again after a silence', () => {
  const size = new PageSize(512)
  expect(size.entries).toBe(32)
  size.saw(some(32, 1))
  expect(size.entries).toBe(64)
  size.saw(some(300, 1))
  expect(size.entries).toBe(512)
  size.saw([])
  expect(size.entries).toBe(32)
})

it('waits for as many as fit into an answer of half a mebibyte', () => {
  const size = new PageSize(512)
  size.saw(some(100, 65_536))
  expect(size.entries).toBe(8)
  for (let page = 0; page < 50; page++) size.saw(some(256, 1))
  expect(size.entries).toBe(512)
})

it('waits for one at the least', () => {
  const size = new PageSize(512)
  size.saw(some(1, 10_000_000))
  expect(size.entries).toBe(1)
})
