import { expect, test, vi } from 'vitest'
import { answerLimit, createEventLog } from './event-log.ts'

const event = (n: number, text = '') => ({ n, at: n, text })
const numbers = (events: readonly string[]) => events.map((text) => (JSON.parse(text) as { n: number }).n)

test('who asks first gets the head and nothing else', () => {
  const log = createEventLog()
  log.append(event(1))
  const { events, next, more } = log.read(undefined)
  expect([events, more]).toEqual([[], false])
  log.append(event(2))
  expect(numbers(log.read(next).events)).toEqual([2])
})

test('who asks on from its last answer gets each event once', () => {
  const log = createEventLog()
  let { next } = log.read(undefined)
  const seen: number[] = []
  for (let n = 1; n <= 5; n++) {
    log.append(event(n))
    if (n % 2 === 0) continue
    const answer = log.read(next)
    seen.push(...numbers(answer.events))
    next = answer.next
  }
  expect(seen).toEqual([1, 2, 3, 4, 5])
})

test('a long absence is answered in parts', () => {
  const log = createEventLog()
  let { next } = log.read(undefined)
  for (let n = 1; n <= answerLimit + 1; n++) log.append(event(n))
  const first = log.read(next)
  expect([first.events.length, first.more]).toEqual([answerLimit, true])
  next = first.next
  expect(log.read(next)).toMatchObject({
    events: [expect.stringContaining(`"n":${answerLimit + 1},`)],
    more: false,
  })
})

test('what is no longer held is jumped over, and the rest is given', () => {
  const log = createEventLog()
  const { next } = log.read(undefined)
  for (let n = 1; n <= 20; n++) log.append(event(n, 'x'.repeat(2 ** 20)))
  const { events } = log.read(next)
  expect(numbers(events).at(0)).toBeGreaterThan(1)
  expect(numbers(events).at(-1)).toBe(20)
})

test.each(['', 'nonsense', '00000000-5', 'x'.repeat(10_000)])(
  'a cursor that is none of its own gets the head: %j',
  (cursor) => {
    const log = createEventLog()
    log.append(event(1))
    expect(log.read(cursor)).toMatchObject({ events: [], next: log.read(undefined).next })
  },
)

test('a cursor beyond the head, and one that is no number, get the head', () => {
  const log = createEventLog()
  const { next } = log.read(undefined)
  for (const cursor of [next.replace('-0', '-7'), next.replace('-0', '-x'), next.replace('-0', '-0.5')]) {
    expect(log.read(cursor)).toMatchObject({ events: [], next })
  }
})

test('who waits is called once, and not after taking it back', () => {
  const log = createEventLog()
  const [stays, goes] = [vi.fn(), vi.fn()]
  log.whenMore(stays)
  log.whenMore(goes)()
  log.append(event(1))
  log.append(event(2))
  expect([stays.mock.calls.length, goes.mock.calls.length]).toEqual([1, 0])
})
