import assert from 'node:assert/strict'
import { assertId } from './agreement.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { Member } from './member.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => `${n + 1}`)

export const publishCases: readonly ConformanceCase[] = [
  {
    name: 'publish answers a new id each time',
    run: async (trial) => {
      const member = await trial.start()
      const published = await Promise.all(numbers(100).map((n) => member.publish(n)))
      for (const { id, duplicate } of published) {
        assertId(id)
        assert.equal(duplicate, false)
      }
      assert.equal(new Set([member.head, ...published.map(({ id }) => id)]).size, 101)
    },
  },
  {
    name: 'publish has appended once it resolves: the entry can be read (I5)',
    run: async (trial) => {
      const member = await trial.start()
      await Promise.all(numbers(5).map((n) => appended(member, n, member)))
    },
  },
  {
    name: 'publish has appended once it resolves, also for another broker (I5)',
    needs: ['several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      await Promise.all(numbers(5).map((n) => appended(one, n, other)))
    },
  },
  {
    name: 'publish is handed back to its own receiver',
    run: async (trial) => {
      const member = await trial.start()
      const { id } = await member.publish('x', { event: 'greeting', channels: ['a', 'b'] })
      await member.has(id)
      assert.equal(member.known.length, 1)
    },
  },
  {
    name: 'publish appends in the order of the calls, awaited or not',
    run: async (trial) => {
      const member = await trial.start()
      // Long and short ones: what is done to a message must not let another one overtake it.
      const messages = numbers(200).map((n, index) => n.repeat(index % 5 === 0 ? 100 : 1))
      const published = await Promise.all(messages.map((data) => member.publish(data)))
      const entries = await member.readOn(member.base)
      assert.deepEqual(
        entries.map(({ id, data }) => [id, data]),
        published.map(({ id }, index) => [id, messages[index]]),
      )
    },
  },
  {
    name: 'publish by several brokers at once makes one log, in one order for all',
    needs: ['several'],
    run: async (trial) => {
      const members = [...(await trial.startTwo()), await trial.start()]
      const published = await Promise.all(
        members.flatMap((member, index) => numbers(100).map((n) => member.publish(`${index}:${n}`))),
      )
      const ids = (await members[0]!.readOn(members[0]!.base)).map(({ id }) => id)
      assert.deepEqual([...ids].sort(), published.map(({ id }) => id).sort())
      for (const member of members) {
        await member.has(ids.at(-1)!)
        assert.deepEqual(
          member.known.map(({ id }) => id),
          ids,
        )
      }
    },
  },
  {
    name: 'publish by a receiver that is being handed an entry keeps the order for all',
    needs: ['several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      const answers: Promise<{ id: string }>[] = []
      one.recorder.onEntry = ({ data }) => {
        if (data.startsWith('question')) answers.push(one.publish(`answer to ${data}`))
      }
      await Promise.all(numbers(10).map((n) => other.publish(`question ${n}`)))
      await one.recorder.until(() => answers.length === 10, 'all questions are handed over')
      for (const { id } of await Promise.all(answers)) await other.has(id)
    },
  },
  {
    name: 'publish takes what it was given at the call: a later change does not reach the log',
    run: async (trial) => {
      const member = await trial.start()
      const channels = ['a', 'b']
      const message = { event: 'before', data: 'before' }
      const publishing = member.broker.publish(channels, message)
      channels.push('c')
      channels[0] = 'z'
      Object.assign(message, { event: 'after', data: 'after' })
      await member.has((await publishing).id)
      channels.length = 0
      for (const entry of [...(await member.readOn(member.base)), ...member.known]) {
        assert.deepEqual([entry.channels, entry.event, entry.data], [['a', 'b'], 'before', 'before'])
      }
    },
  },
  {
    name: 'publish of 5,000 entries: what is read back page by page is what was received',
    run: async (trial) => {
      const member = await trial.start()
      const published = await Promise.all(numbers(5_000).map((n) => member.publish(n)))
      await member.has(published.at(-1)!.id)
      const entries = await member.readOn(member.base, 256)
      assert.deepEqual(
        entries.map(({ id }) => id),
        member.known.map(({ id }) => id),
      )
      assert.equal(entries.length, 5_000)
    },
  },
]

/** Publishes, and looks whether the entry can be read as soon as that is resolved. */
async function appended(writer: Member, data: string, reader: Member): Promise<void> {
  const { id } = await writer.publish(data)
  const entries = await reader.readOn(reader.base)
  assert.ok(
    entries.some((entry) => entry.id === id && entry.data === data),
    `publish resolved, and the entry ${id} is not in the log`,
  )
}
