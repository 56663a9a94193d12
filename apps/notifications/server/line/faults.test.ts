import { expect, test } from 'vitest'
import { createLineFaults } from './faults.ts'
import { createOpenLines } from './open-lines.ts'

test('a session is refused until its time is over, each on its own', () => {
  let now = 1_000
  const faults = createLineFaults(createOpenLines(), () => now)
  faults.refuse('a', 10)
  faults.refuse('b', 2)
  expect(['a', 'b', 'c'].map((session) => faults.refusedFor(session))).toEqual([10, 2, undefined])
  now += 1_500
  expect(['a', 'b'].map((session) => faults.refusedFor(session))).toEqual([9, 1])
  now += 500
  expect(['a', 'b'].map((session) => faults.refusedFor(session))).toEqual([8, undefined])
})
