import assert from 'node:assert/strict'
import { assertSame } from './agreement.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { gapAfter } from './cursor-cases.ts'

export const persistenceCases: readonly ConformanceCase[] = [
  {
    name: 'a restart loses no entry, and the log goes on after its head',
    needs: ['restart'],
    run: async (trial) => {
      const before = await trial.start()
      const ids = await before.publishAll(['1', '2', '3'])
      await before.has(ids.at(-1)!)
      await trial.restart()
      const member = await trial.start()
      assert.equal(member.head, ids.at(-1))
      assert.equal(member.tail.at(-1)?.id, member.head, 'the tail ends with the head')
      assertSame(await member.readOn(before.head), before.known, 'the entries are the same')
      const next = await member.publish('4')
      assert.ok(![before.head, ...ids].includes(next.id), 'no id comes twice')
      assertSame(
        (await member.readOn(ids.at(-1)!)).slice(0, 1),
        [{ id: next.id, previous: ids.at(-1)!, channels: ['a'], data: '4' }],
        'the new entry follows the last',
      )
    },
  },
  {
    name: 'a restart loses nothing that was acknowledged while the broker was being closed',
    needs: ['restart'],
    run: async (trial) => {
      const before = await trial.start()
      const settled = Promise.allSettled(['1', '2', '3', '4', '5'].map((text) => before.publish(text)))
      await trial.restart()
      const member = await trial.start()
      const ids = new Set((await member.readOn(before.head)).map(({ id }) => id))
      for (const outcome of await settled) {
        if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'closed')
        else assert.ok(ids.has(outcome.value.id), 'acknowledged, and not in the log')
      }
    },
  },
  {
    name: 'a restart of a new log keeps its origin',
    needs: ['restart'],
    run: async (trial) => {
      const { head } = await trial.start()
      await trial.restart()
      assert.equal((await trial.start()).head, head)
    },
  },
  {
    name: 'a restart frees no key',
    needs: ['restart'],
    run: async (trial) => {
      const { id } = await (await trial.start()).publish('x', { key: 'k' })
      await trial.restart()
      assert.deepEqual(await (await trial.start()).publish('x', { key: 'k' }), { id, duplicate: true })
    },
  },
  {
    name: 'a cursor of a log that is gone is forked, and reading goes on before the oldest entry of the new one',
    needs: ['reset'],
    run: async (trial) => {
      const before = await trial.start()
      const cursors = [before.head, ...(await before.publishAll(['1', '2', '3']))]
      await trial.closeAll()
      await trial.reset()
      const member = await trial.start()
      for (const cursor of cursors) assert.equal(await gapAfter(member, cursor, 'forked'), member.head)
      const ids = await member.publishAll(['1', '2', '3', '4', '5'])
      for (const cursor of cursors) assert.equal(await gapAfter(member, cursor, 'forked'), member.head)
      for (const id of ids) assert.ok(!cursors.includes(id), 'no id comes twice')
    },
  },
  {
    name: 'a cursor of the tail that a log lost is forked, also when the log has grown again; the others are complete',
    needs: ['loseTail'],
    run: async (trial) => {
      const before = await trial.start()
      const positions = [before.head, ...(await before.publishAll(['1', '2', '3', '4', '5']))]
      const [kept, lost] = [positions.slice(0, 4), positions.slice(4)]
      await trial.closeAll()
      await trial.loseTail(2)
      const member = await trial.start()
      assert.equal(member.head, kept.at(-1))
      for (const cursor of lost) assert.equal(await gapAfter(member, cursor, 'forked'), before.head)
      const ids = await member.publishAll(['4 again', '5 again', '6'])
      for (const id of ids) assert.ok(!positions.includes(id), 'no id comes twice')
      for (const cursor of lost) assert.equal(await gapAfter(member, cursor, 'forked'), before.head)
      for (const [index, cursor] of kept.entries()) {
        const read = (await member.readOn(cursor)).map(({ id }) => id)
        assert.deepEqual(read, [...kept.slice(index + 1), ...ids])
      }
    },
  },
]
