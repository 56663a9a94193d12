import assert from 'node:assert/strict'
import { comparePositions } from '../../log/compare-positions.ts'
import type { ConformanceCase } from './conformance-case.ts'

const form = /^[!-,.-~]+-(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:-[!-~]+)?$/

export const idCases: readonly ConformanceCase[] = [
  {
    name: 'ids have the form <epoch>-<number>[.<number>][-<nonce>], in at most 64 bytes',
    run: async (trial) => {
      const member = await trial.start()
      for (const id of [member.head, ...(await member.publishAll(['1', '2', '3']))]) {
        assert.match(id, form)
        assert.ok(id.length <= 64, `${id} has ${id.length} bytes`)
      }
    },
  },
  {
    name: 'ids are in the order of the log',
    run: async (trial) => {
      const member = await trial.start()
      const data = Array.from({ length: 12 }, (_, n) => `${n}`)
      const ids = [member.head, ...(await member.publishAll(data))]
      for (const [index, id] of ids.entries()) {
        for (const [other, otherId] of ids.entries())
          assert.equal(comparePositions(id, otherId), Math.sign(index - other), `${id} and ${otherId}`)
      }
    },
  },
  {
    name: 'ids of two logs cannot be ordered',
    run: async (trial) => {
      const member = await trial.start()
      const own = [member.head, ...(await member.publishAll(['1', '2']))]
      await trial.elsewhere(async (other) => {
        const foreign = await other.start()
        for (const id of [foreign.head, ...(await foreign.publishAll(['1', '2', '3']))]) {
          for (const ownId of own) assert.equal(comparePositions(ownId, id), undefined, `${ownId} and ${id}`)
        }
      })
    },
  },
  {
    name: 'ids after a restart follow those from before it',
    needs: ['restart'],
    run: async (trial) => {
      const before = await (await trial.start()).publish('before')
      await trial.restart()
      const after = await (await trial.start()).publish('after')
      assert.equal(comparePositions(before.id, after.id), -1)
    },
  },
  {
    name: 'a lost entry is never ordered as the same as the one that took its place',
    needs: ['loseTail'],
    run: async (trial) => {
      const member = await trial.start()
      await member.publish('kept')
      const lost = await member.publish('lost')
      await trial.closeAll()
      await trial.loseTail(1)
      const instead = await (await trial.start()).publish('instead')
      assert.notEqual(comparePositions(lost.id, instead.id), 0)
    },
  },
]
