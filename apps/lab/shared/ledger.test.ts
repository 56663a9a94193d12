import { expect, test } from 'vitest'
import { emptyLedger, enter } from './ledger.ts'

test.each([
  { seen: [], ledger: { received: 0, missed: 0, repeated: 0, last: null } },
  { seen: [7, 8, 9], ledger: { received: 3, missed: 0, repeated: 0, last: 9 } },
  { seen: [1, 2, 6], ledger: { received: 3, missed: 3, repeated: 0, last: 6 } },
  { seen: [1, 2, 2, 1, 3], ledger: { received: 5, missed: 0, repeated: 2, last: 3 } },
])('of $seen it knows what was missed and what came again', ({ seen, ledger }) => {
  const mine = emptyLedger()
  for (const n of seen) enter(mine, n)
  expect(mine).toEqual(ledger)
})
