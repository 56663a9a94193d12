import assert from 'node:assert/strict'
import type { ConformanceCase } from './conformance-case.ts'
import type { Member } from './member.ts'

/** Ten minutes, in milliseconds. */
const lifetime = 600_000

export const idempotencyCases: readonly ConformanceCase[] = [
  {
    name: 'a repeated key appends nothing and answers the first id, whatever is published',
    run: async (trial) => {
      const member = await trial.start()
      const first = await member.publish('one', { key: 'k' })
      assert.equal(first.duplicate, false)
      const repeat = { id: first.id, duplicate: true }
      assert.deepEqual(await member.publish('one', { key: 'k' }), repeat)
      const { id } = await member.publish('between')
      assert.deepEqual(await member.publish('two', { key: 'k', event: 'other' }), repeat)
      assert.deepEqual(await member.publish('one', { key: 'k', channels: ['b', 'c'] }), repeat)
      assert.deepEqual(await idsOf(member), [first.id, id])
    },
  },
  {
    name: 'a key holds for all brokers of the log',
    needs: ['several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      const { id } = await one.publish('x', { key: 'k' })
      assert.deepEqual(await other.publish('x', { key: 'k' }), { id, duplicate: true })
      const late = await trial.start()
      assert.deepEqual(await late.publish('x', { key: 'k' }), { id, duplicate: true })
      assert.deepEqual(await idsOf(late), [id])
    },
  },
  {
    name: 'publishes with one key at the same time append once, and are in the log when they resolve',
    run: async (trial) => {
      const member = await trial.start()
      await appendsOnce(Array.from({ length: 10 }, () => member))
    },
  },
  {
    name: 'publishes with one key by several brokers at the same time append once',
    needs: ['several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      await appendsOnce(Array.from({ length: 10 }, (_, n) => (n % 2 ? one : other)))
    },
  },
  {
    name: 'keys are told apart by every byte of up to 128',
    run: async (trial) => {
      const member = await trial.start()
      const long = 'k'.repeat(127)
      const keys = [
        `${long}1`,
        `${long}2`,
        'a',
        'A',
        'a ',
        'a:b',
        '열쇠'.repeat(21),
        '*',
        '0',
        '00',
        '__proto__',
        'constructor',
      ]
      const first = await Promise.all(keys.map((key) => member.publish('x', { key })))
      const second = await Promise.all(keys.map((key) => member.publish('x', { key })))
      assert.deepEqual(new Set(first.map(({ id }) => id)).size, keys.length)
      assert.deepEqual(
        second,
        first.map(({ id }) => ({ id, duplicate: true })),
      )
    },
  },
  {
    name: 'without a key the same message is appended each time',
    run: async (trial) => {
      const member = await trial.start()
      const [one, two] = [await member.publish('x'), await member.publish('x')]
      assert.deepEqual([one.duplicate, two.duplicate], [false, false])
      assert.deepEqual(await idsOf(member), [one.id, two.id])
    },
  },
  {
    name: 'a key holds for ten minutes, and a repeat does not prolong it',
    needs: ['advance'],
    run: async (trial) => {
      const member = await trial.start()
      const first = await member.publish('x', { key: 'k' })
      // A second less, for logs whose clock cannot be stopped.
      await trial.advance(lifetime - 1_000)
      assert.deepEqual(await member.publish('x', { key: 'k' }), { id: first.id, duplicate: true })
      await trial.advance(1_000)
      const second = await member.publish('x', { key: 'k' })
      assert.equal(second.duplicate, false, 'after ten minutes the key is free')
      assert.deepEqual(await member.publish('x', { key: 'k' }), { id: second.id, duplicate: true })
      assert.deepEqual(await idsOf(member), [first.id, second.id])
    },
  },
  {
    name: 'a key outlives its entry',
    needs: ['trim'],
    run: async (trial) => {
      const member = await trial.start()
      const { id } = await member.publish('x', { key: 'k' })
      await member.publishAll(['1', '2'])
      await trial.trim(1)
      assert.deepEqual(await member.publish('x', { key: 'k' }), { id, duplicate: true })
    },
  },
]

async function idsOf(member: Member): Promise<string[]> {
  return (await member.readOn(member.base)).map(({ id }) => id)
}

/** Each publishes with the same key and looks, as soon as it is answered, whether the entry is there. */
async function appendsOnce(members: readonly Member[]): Promise<void> {
  const published = await Promise.all(
    members.map(async (member) => {
      const { id, duplicate } = await member.publish('x', { key: 'k' })
      assert.deepEqual(await idsOf(member), [id])
      return duplicate
    }),
  )
  assert.equal(
    published.filter((duplicate) => !duplicate).length,
    1,
    'one is told that it is not a duplicate',
  )
}
