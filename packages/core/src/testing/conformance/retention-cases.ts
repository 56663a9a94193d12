import assert from 'node:assert/strict'
import type { ConformanceCase } from './conformance-case.ts'
import { gapAfter } from './cursor-cases.ts'
import type { Member } from './member.ts'
import type { Trial } from './trial.ts'

export const retentionCases: readonly ConformanceCase[] = [
  {
    name: 'a cursor that the log let go of is trimmed, and reading goes on before the oldest entry',
    needs: ['trim'],
    run: async (trial) => {
      const { member, gone, held } = await trimmed(trial)
      for (const cursor of ends(gone)) {
        assert.equal(await gapAfter(member, cursor, 'trimmed'), held[0])
      }
    },
  },
  {
    name: 'the position before the oldest entry is complete, as is every one after it',
    needs: ['trim'],
    run: async (trial) => {
      const { member, held } = await trimmed(trial)
      for (const cursor of ends(held)) {
        const ids = (await member.readOn(cursor, 1_000)).map(({ id }) => id)
        assert.deepEqual(ids, held.slice(held.indexOf(cursor) + 1))
      }
    },
  },
  {
    name: 'a page whose entries were let go meanwhile is a gap, not the next ones that are held',
    needs: ['trim'],
    run: async (trial) => {
      const member = await trial.start()
      await member.publishAll(['1', '2', '3', '4', '5', '6'])
      const page = await member.read(member.head, 2)
      assert.ok('entries' in page)
      await trial.trim(1)
      await gapAfter(member, page.entries.at(-1)!.id, 'trimmed')
    },
  },
  {
    name: 'a log that let go of its entries keeps its head',
    needs: ['trim'],
    run: async (trial) => {
      const member = await trial.start()
      await member.publishAll(['1', '2', '3'])
      await trial.trim(0)
      const head = await gapAfter(member, 'no cursor', 'unknown')
      assert.deepEqual(await member.read(head), { entries: [], done: true })
      const { id } = await member.publish('next')
      await member.has(id)
      assert.equal(member.known.find((entry) => entry.id === id)?.previous, head)
    },
  },
  {
    name: 'start after entries were let go answers a tail from whose beginning can be read on',
    needs: ['trim', 'several'],
    run: async (trial) => {
      const { held } = await trimmed(trial)
      const late = await trial.start()
      assert.equal(late.head, held.at(-1))
      await late.readOn(late.base)
    },
  },
]

/** The positions of a log that let go of its oldest entries: those that are gone, and those from which can be read on. */
async function trimmed(trial: Trial): Promise<{ member: Member; gone: string[]; held: string[] }> {
  const member = await trial.start()
  await member.publishAll(['1', '2', '3', '4', '5', '6'])
  await trial.trim(3)
  await member.has((await member.publish('after')).id)
  const positions = [member.head, ...member.known.map(({ id }) => id)]
  const oldest = positions.indexOf(await gapAfter(member, member.head, 'trimmed'))
  assert.ok(oldest > 0, 'reading goes on where the log was before')
  return { member, gone: positions.slice(0, oldest), held: positions.slice(oldest) }
}

/** The first and the last few: a log may hold thousands. */
function ends(positions: readonly string[]): string[] {
  return positions.filter((_, index) => index < 3 || index >= positions.length - 3)
}
