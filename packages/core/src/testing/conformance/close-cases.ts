import assert from 'node:assert/strict'
import type { ConformanceCase } from './conformance-case.ts'

const closed = { code: 'closed' }

export const closeCases: readonly ConformanceCase[] = [
  {
    name: 'close ends what the receiver is told, and leaves the other brokers be',
    needs: ['several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      const { id } = await one.publish('before')
      await one.has(id)
      await one.close()
      const told = [one.recorder.received.length, one.recorder.breaks.length]
      for (const after of await other.publishAll(['1', '2', '3'])) await other.has(after)
      assert.deepEqual([one.recorder.received.length, one.recorder.breaks.length], told)
    },
  },
  {
    name: 'close is the same the second time, at once or later, and before any start',
    run: async (trial) => {
      const idle = await trial.connect()
      await Promise.all([idle.close(), idle.close()])
      await idle.close()
    },
  },
  {
    name: 'close of a started broker is the same the second time',
    run: async (trial) => {
      const member = await trial.start()
      await member.publish('x')
      await Promise.all([member.close(), member.close()])
      await member.close()
    },
  },
  {
    name: 'after close every call rejects with the code closed',
    run: async (trial) => {
      const member = await trial.start()
      const { id } = await member.publish('x', { key: 'k' })
      await member.close()
      await assert.rejects(member.publish('y'), closed)
      await assert.rejects(member.publish('x', { key: 'k' }), closed)
      await assert.rejects(member.read(id), closed)
      await assert.rejects(member.start(), closed)
    },
  },
  {
    name: 'after close nothing is appended',
    needs: ['several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      await one.close()
      await assert.rejects(one.publish('x', { key: 'k' }), closed)
      const { id, duplicate } = await other.publish('x', { key: 'k' })
      assert.equal(duplicate, false)
      assert.deepEqual(
        (await other.readOn(other.base)).map((entry) => entry.id),
        [id],
      )
    },
  },
  {
    name: 'close settles the publishes that are under way: what resolves is in the log',
    needs: ['several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      const publishing = Array.from({ length: 20 }, (_, n) => one.publish(`${n}`))
      const settled = Promise.allSettled(publishing)
      await one.close()
      const ids = new Set((await other.readOn(other.base)).map(({ id }) => id))
      for (const outcome of await settled) {
        if (outcome.status === 'fulfilled')
          assert.ok(ids.has(outcome.value.id), 'acknowledged, and not in the log')
        else assert.equal(outcome.reason.code, 'closed')
      }
    },
  },
]
