import assert from 'node:assert/strict'
import type { ConformanceCase } from './conformance-case.ts'
import type { Member } from './member.ts'

/** A broker may count a little more than the texts of a record. */
const size = 1_000
const limit = 8 * size

export const recordLimitCases: readonly ConformanceCase[] = [
  {
    name: 'publish refuses a record that exceeds the bytes of all records, until others are removed',
    needs: ['records', 'limits'],
    limits: { bytes: limit },
    run: async (trial) => {
      const member = await trial.start()
      const fitting = await fill(member, 'a', 'x')
      assert.ok(fitting >= 4 && fitting < 9, `${fitting} records of ${size} bytes fit into ${limit}`)
      const { id } = await member.publish('no record'.padEnd(size))
      await member.has(id)
      assert.equal(member.known.filter(({ record }) => record !== undefined).length, fitting)
      await member.publish('newer'.padEnd(size), { record: 'x0' })
      await member.publish('', { record: 'x1', event: 'sse.removed' })
      assert.equal(await fill(member, 'b', 'y'), 1)
      await member.publish('', { event: 'sse.end' })
      assert.equal(await fill(member, 'a', 'z'), fitting - 1)
    },
  },
  {
    name: 'a record that nobody sets for long is removed by an entry on its channel',
    needs: ['records', 'limits'],
    limits: { age: 150 },
    run: async (trial) => {
      const member = await trial.start()
      await member.publish('1', { record: 'x', channels: ['a', 'b'] })
      await member.publish('command', { record: 'run', channels: ['sse:control'] })
      const removals = () => member.recorder.received.filter(({ event }) => event === 'sse.removed')
      await member.recorder.until(() => removals().length === 2, 'the record is removed from both channels')
      await member.publish('2', { record: 'y', channels: ['b'] })
      assert.deepEqual(
        removals()
          .map(({ channels, record, data }) => [channels, record, JSON.parse(data)])
          .sort(),
        [
          [['a'], 'x', { channel: 'a', record: 'x' }],
          [['b'], 'x', { channel: 'b', record: 'x' }],
        ],
      )
      const { position, entries } = await member.records(['a', 'b', 'sse:control'])
      // It may be too old by now.
      const newest = new Set<string>()
      for (const { id, event, record = '' } of await member.readOn(member.base)) {
        if (event === 'sse.removed') newest.delete(record)
        else newest.add(record)
        if (id === position) break
      }
      assert.deepEqual(new Set(entries.map(({ record }) => record)), newest)
      assert.ok(newest.has('run'), 'a record of the reserved channel is kept')
    },
  },
]

/** Publishes records until one is refused. @returns how many fit */
async function fill(member: Member, channel: string, name: string): Promise<number> {
  for (let count = 0; ; count++) {
    assert.ok(count < 20, 'the limit holds')
    const record = `${name}${count}`
    try {
      await member.publish(record.padEnd(size), { record, channels: [channel] })
    } catch (error) {
      assert.equal((error as { code?: unknown }).code, 'too-many-records')
      return count
    }
  }
}
