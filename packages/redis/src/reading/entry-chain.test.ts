import { expect, it } from 'vitest'
import { parseId } from '../log/cursor.ts'
import type { ParsedEntry } from '../log/stored-entry.ts'
import { EntryChain } from './entry-chain.ts'

/** An id: its number in the stream, its epoch, and its nonce. */
function id(number: number, epoch = 'a', nonce = 0): string {
  return `${epoch.repeat(8)}-${number}.0-${String(nonce).padStart(12, '0')}`
}

function cursor(text: string) {
  return parseId(text)!
}

function entry(own: string, previous: string): ParsedEntry {
  return { id: own, previous, channels: ['news'], event: undefined, data: 'x', cursor: cursor(own) }
}

it('goes from entry to entry while each follows the one before', () => {
  const chain = new EntryChain(cursor(id(1)), [])
  expect(chain.add(entry(id(2), id(1)))?.missing).toBeUndefined()
  expect(chain.add(entry(id(5), id(2)))?.missing).toBeUndefined()
  expect([chain.cursor.id, chain.at]).toEqual([id(5), '5-0'])
})

it('tells once that the entries between were trimmed', () => {
  const chain = new EntryChain(cursor(id(1)), [])
  expect(chain.add(entry(id(9), id(8)))?.missing).toBe('trimmed')
  expect(chain.add(entry(id(10), id(9)))?.missing).toBeUndefined()
})

it.each([
  ['the entry was another one, in the same place', entry(id(3), id(2, 'a', 1))],
  ['the log goes on from an earlier entry', entry(id(3), id(1))],
  ['the log is another one', entry(id(3, 'b'), id(2, 'b'))],
])('tells a fork: %s', (_, next) => {
  const chain = new EntryChain(cursor(id(2)), [])
  expect(chain.add(next)?.missing).toBe('forked')
})

it('delivers nothing twice when a backup of a former log is restored', () => {
  const tail = [entry(id(1), id(0)), entry(id(2), id(1))]
  const chain = new EntryChain(cursor(id(2)), tail)
  chain.moveTo(cursor(id(0, 'b')))
  expect(chain.add(entry(id(1, 'b'), id(0, 'b')))).toBeDefined()
  // A backup of the first log.
  chain.moveTo(cursor(id(0)))
  expect(chain.add(entry(id(1), id(0)))).toBeUndefined()
  expect(chain.add(entry(id(2), id(1)))).toBeUndefined()
  expect(chain.add(entry(id(3, 'a', 7), id(2)))).toBeDefined()
})

it('passes entries that another program has written into the stream', () => {
  const chain = new EntryChain(cursor(id(1)), [])
  chain.skip('4-0')
  expect([chain.cursor.id, chain.at]).toEqual([id(1), '4-0'])
  expect(chain.add(entry(id(5), id(1)))?.missing).toBeUndefined()
})
