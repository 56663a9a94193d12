import assert from 'node:assert/strict'
import { endOfTurn } from '../../end-of-turn.ts'
import type { Records } from '../../log/broker.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { Member } from './member.ts'

export const recordCases: readonly ConformanceCase[] = [
  {
    name: 'records answers the newest entry of each record of the channels, at the head',
    needs: ['records'],
    run: async (trial) => {
      const member = await trial.start()
      assert.deepEqual(await recordsOf(member, 'a'), [])
      await member.publish('1', { record: 'x' })
      await member.publish('2', { record: 'y', event: 'price' })
      await member.publish('3', { record: 'x' })
      await member.publish('elsewhere', { record: 'x', channels: ['b'] })
      const { id } = await member.publish('no record')
      assert.deepEqual(await recordsOf(member, 'a'), ['y 2', 'x 3'])
      const { position, entries } = await member.records(['a'])
      assert.equal(position, id)
      assert.equal(entries[0]?.event, 'price')
      await member.has(id)
      assert.deepEqual(entries[1], member.known[2])
    },
  },
  {
    name: 'an entry has its record when it is handed over and when it is read',
    needs: ['records'],
    run: async (trial) => {
      const member = await trial.start()
      const { id } = await member.publish('1', { record: 'x' })
      await member.has(id)
      assert.equal(member.known.at(-1)?.record, 'x')
      assert.equal((await member.readOn(member.base)).at(-1)?.record, 'x')
      await member.publish('2')
      assert.equal((await member.readOn(member.base)).at(-1)?.record, undefined)
    },
  },
  {
    name: 'a record of several channels belongs to each of them, and is answered once',
    needs: ['records'],
    run: async (trial) => {
      const member = await trial.start()
      await member.publish('1', { record: 'x', channels: ['a', 'b'] })
      assert.deepEqual(await recordsOf(member, 'a'), ['x 1'])
      assert.deepEqual(await recordsOf(member, 'a', 'b'), ['x 1'])
      await member.publish('2', { record: 'x', channels: ['b'] })
      assert.deepEqual(await recordsOf(member, 'a'), ['x 1'])
      assert.deepEqual(await recordsOf(member, 'b'), ['x 2'])
    },
  },
  {
    name: 'sse.removed removes a record, and sse.end all records of its channel',
    needs: ['records'],
    run: async (trial) => {
      const member = await trial.start()
      for (const record of ['x', 'y', 'z']) await member.publish('1', { record, channels: ['a', 'b'] })
      await member.publish('', { record: 'y', event: 'sse.removed', channels: ['a'] })
      assert.deepEqual(await recordsOf(member, 'a'), ['x 1', 'z 1'])
      assert.deepEqual(await recordsOf(member, 'b'), ['x 1', 'y 1', 'z 1'])
      await member.publish('', { event: 'sse.end', channels: ['b'] })
      assert.deepEqual(await recordsOf(member, 'b'), [])
      await member.publish('2', { record: 'y', channels: ['b'] })
      assert.deepEqual(await recordsOf(member, 'b'), ['y 2'])
    },
  },
  {
    name: 'a repeat under an idempotency key changes no record',
    needs: ['records'],
    run: async (trial) => {
      const member = await trial.start()
      await member.publish('1', { record: 'x', key: 'k' })
      await member.publish('2', { record: 'x' })
      await member.publish('1', { record: 'x', key: 'k' })
      assert.deepEqual(await recordsOf(member, 'a'), ['x 2'])
    },
  },
  {
    name: 'records are those of all brokers, and the entries after their position are all that is missing',
    needs: ['records', 'several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      let isPublishing = true
      const publishAll = async () => {
        for (let n = 0; n < 60; n++) await (n % 2 ? one : other).publish(`${n}`, { record: `r${n % 40}` })
        isPublishing = false
      }
      const asked: Records[] = []
      const askAll = async () => {
        while (isPublishing) {
          for (const member of [one, other]) asked.push(await member.records(['a']))
          await endOfTurn()
        }
      }
      await Promise.all([publishAll(), askAll()])
      const all = new Map((await other.records(['a'])).entries.map((entry) => [entry.record, entry.data]))
      for (const { position, entries } of asked) {
        const newest = new Map(entries.map((entry) => [entry.record, entry.data]))
        for (const entry of await one.readOn(position)) newest.set(entry.record, entry.data)
        assert.deepEqual(sorted(newest), sorted(all))
      }
    },
  },
  {
    name: 'records outlive their entries in the log',
    needs: ['records', 'trim'],
    run: async (trial) => {
      const member = await trial.start()
      await member.publish('1', { record: 'x' })
      await member.publishAll(['a', 'b', 'c', 'd'])
      await trial.trim(1)
      await member.publish('2', { record: 'y' })
      assert.deepEqual(await recordsOf(member, 'a'), ['x 1', 'y 2'])
    },
  },
  {
    name: 'records outlive their brokers',
    needs: ['records', 'restart'],
    run: async (trial) => {
      const member = await trial.start()
      await member.publish('1', { record: 'x' })
      await member.publish('2', { record: 'y' })
      await trial.restart()
      assert.deepEqual(await recordsOf(await trial.start(), 'a'), ['x 1', 'y 2'])
    },
  },
]

/** The records of channels, in short. */
async function recordsOf(member: Member, ...channels: string[]): Promise<string[]> {
  const { entries } = await member.records(channels)
  return entries.map(({ record, data }) => `${record} ${data}`)
}

function sorted(map: ReadonlyMap<unknown, unknown>): unknown[] {
  return [...map].sort(([one], [other]) => String(one).localeCompare(String(other)))
}
