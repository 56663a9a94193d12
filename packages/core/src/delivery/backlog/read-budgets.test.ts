import { expect, it } from 'vitest'
import { ReadBudgets } from './read-budgets.ts'

const all = 512 * 1024 * 1024

it('is exhausted by reads for all streams of a key together, and refills', () => {
  let time = 0
  const budgets = new ReadBudgets(() => time)
  const reader = {}
  budgets.charge('k', all - 1)
  budgets.charge(reader, all - 1)
  expect([budgets.isExhausted('k'), budgets.isExhausted(reader)]).toEqual([false, false])
  budgets.charge('k', 1)
  budgets.charge(reader, 1)
  expect(['k', reader, 'other', {}].map((client) => budgets.isExhausted(client))).toEqual([
    true,
    true,
    false,
    false,
  ])
  time += 1_800_000
  budgets.charge('k', all / 2)
  expect(budgets.isExhausted('k')).toBe(true)
  expect(budgets.isExhausted(reader)).toBe(false)
})

it('drops the key that was charged least recently when there are more than 10,000', () => {
  const budgets = new ReadBudgets(() => 0)
  for (let key = 0; key < 10_000; key++) budgets.charge(`${key}`, all)
  budgets.charge('0', 1)
  budgets.charge('new', all)
  expect(['0', '1', '2', 'new'].map((key) => budgets.isExhausted(key))).toEqual([true, false, true, true])
})
