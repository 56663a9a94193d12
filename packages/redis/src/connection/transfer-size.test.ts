import { expect, it } from 'vitest'
import { TransferSize } from './transfer-size.ts'

it('begins small and doubles while transfers are full', () => {
  const size = new TransferSize()
  expect(size.bytes).toBe(65_536)
  size.moved(100, 1)
  expect(size.bytes).toBe(65_536)
  size.moved(40_000, 1)
  expect(size.bytes).toBe(131_072)
  for (let transfer = 0; transfer < 10; transfer++) size.moved(size.bytes, 1)
  expect(size.bytes).toBe(1_048_576)
})

it('grows no more when a transfer takes long', () => {
  const size = new TransferSize()
  size.moved(65_536, 600)
  expect(size.bytes).toBe(65_536)
})

it('halves when a connection is lost over a transfer, once for all that were lost together', () => {
  const size = new TransferSize()
  for (let lost = 0; lost < 4; lost++) size.lost(65_536)
  expect([size.bytes, size.timeoutFactor]).toEqual([32_768, 2])
  size.moved(32_768, 1)
  expect(size.bytes, 'it does not try again at once what failed').toBe(32_768)
})

it('waits longer for one that cannot be smaller', () => {
  const size = new TransferSize()
  for (let lost = 0; lost < 20; lost++) size.lost(size.bytes)
  expect([size.bytes, size.timeoutFactor]).toEqual([1_024, 16])
})

it('tries larger ones again a minute after the last loss', () => {
  let now = 0
  const size = new TransferSize(65_536, () => now)
  size.lost(65_536)
  now = 60_000
  size.moved(32_768, 1)
  expect(size.bytes).toBe(32_768)
  now = 60_001
  size.moved(32_768, 1)
  expect([size.bytes, size.timeoutFactor]).toEqual([65_536, 1])
})
