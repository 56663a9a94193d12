import assert from 'node:assert/strict'
import { assertOrder } from './agreement.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { Member } from './member.ts'

export const startCases: readonly ConformanceCase[] = [
  {
    name: 'start answers the origin of a new log as the head, with an empty tail',
    run: async (trial) => {
      const member = await trial.start()
      assert.deepEqual(member.tail, [])
      assert.deepEqual(await member.read(member.head), { entries: [], done: true })
      assertOrder(member)
    },
  },
  {
    name: 'start tells by the time it resolves that the broker is up',
    run: async (trial) => {
      const { recorder } = await trial.start()
      assert.deepEqual(recorder.states, ['up'])
    },
  },
  {
    name: 'start answers the newest entries, the last of which is the head',
    needs: ['several'],
    run: async (trial) => {
      const [first, second] = await trial.startTwo()
      assert.equal(second.head, first.head, 'both see the same origin')
      const ids = await first.publishAll(['1', '2', '3'])
      const late = await trial.start()
      assert.equal(late.head, ids.at(-1))
      assert.equal(late.tail.at(-1)?.id, late.head, 'the tail ends with the head')
    },
  },
  {
    name: 'start loses and repeats nothing of what is published before and during it',
    needs: ['several'],
    run: async (trial) => {
      const writer = await trial.start()
      const publishing: Promise<{ id: string }>[] = []
      const starting: Promise<Member>[] = []
      for (let round = 0; round < 10; round++) {
        for (let n = 0; n < 5; n++) publishing.push(writer.publish(`${round}.${n}`))
        starting.push(trial.start())
        if (round % 3 === 0) await publishing[round * 2]
        for (let n = 5; n < 8; n++) publishing.push(writer.publish(`${round}.${n}`))
      }
      const published = await Promise.all(publishing)
      for (const starter of await Promise.all(starting)) {
        await starter.has(published.at(-1)!.id)
        assertOrder(starter)
      }
    },
  },
]
