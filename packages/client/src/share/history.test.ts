import { expect, test } from 'vitest'
import { createHistory } from './history.ts'

test('a tab at the cursor from before a gap without an id gets the gap', () => {
  const history = createHistory('e-0')
  const push = (event: string, lastEventId: string, identified: boolean) =>
    history.push({ event, data: '', lastEventId, identified })
  push('tick', 'e-1', true)
  push('sse.open', 'e-1', false)
  push('sse.gap', 'e-1', false)
  push('sse.presence', 'e-1', false)
  push('tick', 'e-7', true)
  expect(history.after(history.find('e-1')!).map(({ event }) => event)).toEqual([
    'sse.gap',
    'sse.presence',
    'tick',
  ])
  expect(history.after(history.find('e-7')!)).toEqual([])
  expect(history.find('e-0')).toBe(0)
})
