import assert from 'node:assert/strict'
import type { Entry } from '../../log/broker.ts'
import type { Recorder } from './recorder.ts'

/** @throws unless the id is one: 1 to 64 bytes of `!` to `~` */
export function assertId(id: string): void {
  assert.match(id, /^[!-~]{1,64}$/, `${JSON.stringify(id)} is no id: 1 to 64 bytes of ! to ~`)
}

/** @throws unless each entry follows the one before it, the first one `base` */
export function assertChain(base: string, entries: readonly Entry[], where: string): void {
  let position = base
  for (const { id, previous } of entries) {
    assert.equal(previous, position, `${where}: the entry ${id} does not follow the one before it`)
    position = id
  }
}

/** @throws unless both are the same entries, as their clients would see them */
export function assertSame(actual: readonly Entry[], expected: readonly Entry[], message: string): void {
  assert.deepEqual(actual.map(seen), expected.map(seen), message)
}

/** What of an entry is promised. A lone surrogate becomes U+FFFD on the wire, and may have become that before. */
export function seen({ id, previous, channels, event, data }: Entry): object {
  return { id, previous, channels: [...channels], event: event ?? undefined, data: data.toWellFormed() }
}

/** What a broker told of the log. */
export interface Account {
  readonly base: string
  readonly tail: readonly Entry[]
  readonly head: string
  readonly recorder: Recorder
}

/** What no broker may break, whatever else happens: its ids are ids, none comes twice, and each entry follows the last. */
export function assertOrder({ head, base, tail, recorder }: Account): void {
  const { received, breaks } = recorder
  assertId(head)
  assertChain(base, tail, 'tail')
  if (tail.length > 0) assert.equal(tail.at(-1)!.id, head, 'the last entry of the tail is the head')
  const ids = [base, ...[...tail, ...received].map((entry) => entry.id)]
  for (const id of ids) assertId(id)
  assert.equal(new Set(ids).size, ids.length, 'an id comes twice')

  let position = head
  let from = 0
  for (const { after, head: resumed } of [...breaks, { after: received.length, head: '' }]) {
    assertChain(position, received.slice(from, after), 'what the receiver was handed')
    position = resumed
    from = after
  }
}
