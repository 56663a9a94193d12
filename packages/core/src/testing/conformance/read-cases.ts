import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { endOfTurn } from '../../end-of-turn.ts'
import { assertChain } from './agreement.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { Member } from './member.ts'

const seven = ['1', '2', '3', '4', '5', '6', '7']

export const readCases: readonly ConformanceCase[] = [
  {
    name: 'read goes on from every position, in pages of any size',
    run: async (trial) => {
      const member = await trial.start()
      const positions = [member.head, ...(await member.publishAll(seven))]
      for (const [index, cursor] of positions.entries()) {
        for (const limit of [1, 2, 3, 7, 500]) {
          const ids = (await member.readOn(cursor, limit)).map(({ id }) => id)
          assert.deepEqual(ids, positions.slice(index + 1), `after entry ${index} by ${limit}`)
        }
      }
    },
  },
  {
    name: 'read answers at most so many entries as the limit says, the oldest first',
    run: async (trial) => {
      const member = await trial.start()
      const ids = await member.publishAll(seven)
      const page = await member.read(member.head, 3)
      assert.ok('entries' in page)
      assert.ok(page.entries.length <= 3)
      assert.deepEqual(
        page.entries.map(({ id }) => id),
        ids.slice(0, page.entries.length),
      )
    },
  },
  {
    name: 'read is done exactly when a page reaches the head',
    run: async (trial) => {
      const member = await trial.start()
      const positions = [member.head, ...(await member.publishAll(seven))]
      for (const [index, cursor] of positions.entries()) {
        for (let limit = 1; limit <= 8; limit++) {
          const page = await member.read(cursor, limit)
          assert.ok('entries' in page)
          const reached = index + page.entries.length === 7
          assert.equal(page.done, reached, `${page.entries.length} entries after entry ${index} of 7`)
        }
      }
    },
  },
  {
    name: 'read from the head answers an empty page that is done',
    run: async (trial) => {
      const member = await trial.start()
      const { id } = await member.publish('x')
      assert.deepEqual(await member.read(id, 10), { entries: [], done: true })
    },
  },
  {
    name: 'read loses and repeats nothing while the log grows',
    run: async (trial) => {
      const member = await trial.start()
      let written = false
      const writing = publishRounds(member).finally(() => {
        written = true
      })
      writing.catch(() => {})
      const ids: string[] = []
      for (let cursor = member.head, done = false; !done; ) {
        const last = written
        const page = await member.read(cursor, 7)
        assert.ok('entries' in page)
        assertChain(cursor, page.entries, `the page after ${cursor}`)
        ids.push(...page.entries.map(({ id }) => id))
        cursor = ids.at(-1) ?? cursor
        done = last && page.entries.length === 0
        // A log in memory answers within the turn, in which nothing could be published.
        if (page.entries.length === 0) await endOfTurn()
      }
      assert.deepEqual(ids, await writing)
    },
  },
  {
    name: 'read with a signal that is aborted rejects with its reason',
    run: async (trial) => {
      const member = await trial.start()
      const reason = new Error('left')
      await assert.rejects(member.read(member.head, 10, AbortSignal.abort(reason)), reason)
      await assert.rejects(member.read('no cursor', 10, AbortSignal.abort(reason)), reason)
    },
  },
  {
    name: 'read settles when its signal is aborted meanwhile, and the broker goes on',
    run: async (trial) => {
      const member = await trial.start()
      const ids = await member.publishAll(seven)
      const reason = new Error('left')
      for (let round = 0; round < 20; round++) {
        const abort = new AbortController()
        const reading = member.read(member.head, 3, abort.signal).catch((error) => error)
        abort.abort(reason)
        const answer = await reading
        if (answer !== reason) assert.equal(answer.entries?.[0]?.id, ids[0], 'the page, or the reason')
      }
    },
  },
  {
    name: 'read leaves no listener on its signal, which lives as long as a stream',
    run: async (trial) => {
      const member = await trial.start()
      await member.publishAll(seven)
      const { signal } = new AbortController()
      for (const cursor of [member.head, 'no cursor']) await member.read(cursor, 3, signal)
      assert.equal(getEventListeners(signal, 'abort').length, 0)
    },
  },
]

/** Publishes time and again, a few at a time; answers the ids. */
async function publishRounds(member: Member): Promise<string[]> {
  const ids: string[] = []
  for (let round = 0; round < 40; round++) {
    const published = await Promise.all(seven.map((data) => member.publish(data)))
    ids.push(...published.map(({ id }) => id))
  }
  return ids
}
