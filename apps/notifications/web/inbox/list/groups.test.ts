import { expect, test } from 'vitest'
import { item } from '../../store/store.test-kit.ts'
import { groupBy } from './groups.ts'

test('by source, in the order of the newest of each', () => {
  const groups = groupBy(
    'source',
    [item(5, false, 'topic:builds'), item(4), item(3, true, 'topic:builds'), item(2, false, 'user:mina')],
    { now: new Date(), locale: 'en', sourceName: (to) => `to ${to}` },
  )
  expect(groups.map(({ label, items }) => [label, items.map(({ id }) => id)])).toEqual([
    ['to topic:builds', [5, 3]],
    ['to all', [4]],
    ['to user:mina', [2]],
  ])
})
