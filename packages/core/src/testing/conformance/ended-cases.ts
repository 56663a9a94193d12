import assert from 'node:assert/strict'
import type { ConformanceCase } from './conformance-case.ts'
import type { Member } from './member.ts'

const end = { event: 'sse.end' }

export const endedCases: readonly ConformanceCase[] = [
  {
    name: 'ended answers the channels whose newest entry is an end, at the head',
    needs: ['ended'],
    run: async (trial) => {
      const member = await trial.start()
      assert.deepEqual(await endedOf(member), [])
      await member.publish('', { ...end, channels: ['a', 'b', 'c'] })
      await member.publish('', { ...end, channels: ['d'] })
      await member.publish('again', { channels: ['b'] })
      const { id } = await member.publish('again', { channels: ['c'], record: 'x' })
      assert.deepEqual(await endedOf(member), ['a', 'd'])
      assert.equal((await member.ended()).position, id)
      await member.publish('', { ...end, channels: ['c'] })
      assert.deepEqual(await endedOf(member), ['a', 'c', 'd'])
    },
  },
  {
    name: 'an end outlives its entry in the log',
    needs: ['ended', 'trim'],
    run: async (trial) => {
      const member = await trial.start()
      await member.publish('', { ...end, channels: ['done', 'reopened'] })
      await member.publishAll(['1', '2', '3'])
      await trial.trim(1)
      await member.publish('again', { channels: ['reopened'] })
      assert.deepEqual(await endedOf(member), ['done'])
    },
  },
  {
    name: 'an end outlives its brokers',
    needs: ['ended', 'restart'],
    run: async (trial) => {
      const member = await trial.start()
      await member.publish('', { ...end, channels: ['done'] })
      await trial.restart()
      assert.deepEqual(await endedOf(await trial.start()), ['done'])
    },
  },
  {
    name: 'ended answers what other brokers have ended and opened again',
    needs: ['ended', 'several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      await one.publish('', { ...end, channels: ['a', 'b'] })
      assert.deepEqual(await endedOf(other), ['a', 'b'])
      await other.publish('again', { channels: ['b'] })
      assert.deepEqual(await endedOf(one), ['a'])
    },
  },
]

async function endedOf(member: Member): Promise<string[]> {
  return [...(await member.ended()).channels].sort()
}
