import { expect, it } from 'vitest'
import { PageSize } from './page-size.ts'

it('asks for as many entries as fit into an answer of a mebibyte', () => {
  const size = new PageSize(512)
  expect(size.entries).toBe(512)
  size.saw([{ data: 'x'.repeat(65_536) }])
  expect(size.entries).toBe(16)
  for (let page = 0; page < 50; page++) size.saw([{ data: 'x' }])
  expect(size.entries).toBe(512)
})

it('asks for one at the least', () => {
  const size = new PageSize(512)
  size.saw([{ data: 'x'.repeat(10_000_000) }])
  expect(size.entries).toBe(1)
})
