import { expect, it } from 'vitest'
import { parseId } from '../log/cursor.ts'
import { Position } from './entry-chain.ts'
import type { LogEntry } from '../log/stored-entry.ts'

/** An id: its number in the stream, the log, and what tells it from others with the same number. */
function id(number: number, epoch = 'a', nonce = 0): string {
  return `${epoch.repeat(8)}-${number}.0-${String(nonce).padStart(12, '0')}`
}

function cursor(text: string) {
  return parseId(text)!
}

function entry(own: string, previous: string): LogEntry {
  return { id: own, previous, channels: ['news'], event: undefined, data: 'x', cursor: cursor(own) }
}

it('goes from entry to entry while each follows the one before', () => {
  const position = new Position(cursor(id(1)), [])
  expect(position.step(entry(id(2), id(1)))?.missing).toBeUndefined()
  expect(position.step(entry(id(5), id(2)))?.missing).toBeUndefined()
  expect([position.cursor.id, position.at]).toEqual([id(5), '5-0'])
})

it('tells once that entries between were let go', () => {
  const position = new Position(cursor(id(1)), [])
  expect(position.step(entry(id(9), id(8)))?.missing).toBe('trimmed')
  expect(position.step(entry(id(10), id(9)))?.missing).toBeUndefined()
})

it.each([
  ['the entry was another one, in the same place', entry(id(3), id(2, 'a', 1))],
  ['the log goes on from an earlier entry', entry(id(3), id(1))],
  ['the log is another one', entry(id(3, 'b'), id(2, 'b'))],
])('tells a fork: %s', (_, next) => {
  const position = new Position(cursor(id(2)), [])
  expect(position.step(next)?.missing).toBe('forked')
})

it('hands over nothing twice when a log comes back that was there before', () => {
  const tail = [entry(id(1), id(0)), entry(id(2), id(1))]
  const position = new Position(cursor(id(2)), tail)
  position.moveTo(cursor(id(0, 'b')))
  expect(position.step(entry(id(1, 'b'), id(0, 'b')))?.entry.id).toBe(id(1, 'b'))
  // A backup of the first.
  position.moveTo(cursor(id(0)))
  expect(position.step(entry(id(1), id(0)))).toBeUndefined()
  expect(position.step(entry(id(2), id(1)))).toBeUndefined()
  expect(position.step(entry(id(3, 'a', 7), id(2)))?.entry.id).toBe(id(3, 'a', 7))
})

it('reads on behind what somebody else has written into the stream', () => {
  const position = new Position(cursor(id(1)), [])
  position.skip('4-0')
  expect([position.cursor.id, position.at]).toEqual([id(1), '4-0'])
  expect(position.step(entry(id(5), id(1)))?.missing).toBeUndefined()
})
