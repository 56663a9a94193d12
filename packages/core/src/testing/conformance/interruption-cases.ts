import assert from 'node:assert/strict'
import { endOfTurn } from '../../end-of-turn.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { Member } from './member.ts'
import type { Trial } from './trial.ts'

export const interruptionCases: readonly ConformanceCase[] = [
  {
    name: 'a broker tells when it cannot reach its log, and when it can again',
    needs: ['interrupt'],
    run: async (trial) => {
      const member = await trial.start()
      const mend = await trial.interrupt(member)
      await mend()
      await isUp(member)
      assert.deepEqual(member.recorder.breaks, [])
    },
  },
  {
    name: 'a broker that was cut off hands on what came meanwhile',
    needs: ['interrupt', 'several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      await one.has((await other.publish('before')).id)
      const mend = await trial.interrupt(one)
      const ids = await other.publishAll(['1', '2', '3'])
      await mend()
      await isUp(one)
      for (const id of [...ids, ...(await other.publishAll(['4', '5']))]) await one.has(id)
      assert.deepEqual(one.recorder.breaks, [], 'nothing was missed')
    },
  },
  {
    name: 'a broker that was cut off while what it missed was let go tells the gap',
    needs: ['interrupt', 'several', 'trim'],
    run: (trial) => misses(trial, 'trimmed', () => trial.trim(1)),
  },
  {
    name: 'a broker that was cut off while its log was replaced tells the fork',
    needs: ['interrupt', 'several', 'reset'],
    run: (trial) => misses(trial, 'forked', () => trial.reset()),
  },
  {
    name: 'a broker that was cut off while its log lost the tail tells the fork',
    needs: ['interrupt', 'several', 'loseTail'],
    run: (trial) => misses(trial, 'forked', () => trial.loseTail(4)),
  },
  {
    name: 'a broker whose log was replaced under it tells the fork with the next entry, if not before',
    needs: ['interrupt', 'several', 'reset'],
    run: async (trial) => {
      const one = await trial.start()
      const { id } = await one.publish('before')
      await one.has(id)
      await trial.reset()
      const witness = await trial.start()
      await witness.publish('after')
      await tellsBreak(one, 'forked', 1)
      await one.has((await witness.publish('later')).id)
    },
  },
  {
    name: 'publish while cut off: what resolves is in the log, and a repeat under its key appends once',
    needs: ['interrupt', 'several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      for (let round = 0; round < 5; round++) {
        const keys = ['j', 'k', 'l'].map((key) => `${round}${key}`)
        const publish = () => Promise.allSettled(keys.map((key) => one.publish(key, { key })))
        const early = publish()
        // The line is cut before the publish, at its answer, or after.
        for (let turn = 0; turn < round; turn++) await endOfTurn()
        const mend = await trial.interrupt(one)
        const late = publish()
        await mend()
        await isUp(one)
        const outcomes = [...(await early), ...(await late)]
        const repeats = await Promise.all(keys.map((key) => one.publish(key, { key })))
        const entries = await other.readOn(other.base)
        const ids = entries.map(({ id }) => id)
        assert.deepEqual(
          [...ids.slice(round * 3)].sort(),
          repeats.map(({ id }) => id).sort(),
          'each is there once',
        )
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') continue
          assert.ok(ids.includes(outcome.value.id), 'acknowledged, and not in the log')
        }
      }
    },
  },
  {
    name: 'close while cut off settles',
    needs: ['interrupt'],
    run: async (trial) => {
      const member = await trial.start()
      const mend = await trial.interrupt(member)
      await member.close()
      await mend()
    },
  },
]

async function isUp({ recorder }: Member): Promise<void> {
  await recorder.until(() => recorder.states.at(-1) === 'up', 'health "up" is told')
}

/** One broker is cut off while this happens to the log: it tells so before anything newer, and goes on. */
async function misses(
  trial: Trial,
  reason: 'trimmed' | 'forked',
  happen: () => Promise<void>,
): Promise<void> {
  const one = await trial.start()
  const before = await one.publishAll(['1', '2', '3'])
  await one.has(before.at(-1)!)
  const mend = await trial.interrupt(one)
  const other = await trial.start()
  await other.publishAll(['4', '5', '6'])
  await other.close()
  await happen()
  const witness = await trial.start()
  await witness.publish('after')
  await mend()
  await tellsBreak(one, reason, before.length)
  await one.has((await witness.publish('later')).id)
}

/** The first discontinuity is told, after so many entries. */
async function tellsBreak({ recorder }: Member, reason: 'trimmed' | 'forked', after: number): Promise<void> {
  await recorder.until(() => recorder.breaks.length > 0, `the discontinuity "${reason}" is told`)
  assert.equal(recorder.breaks[0]!.reason, reason)
  assert.equal(recorder.breaks[0]!.after, after, 'it is told before anything newer')
}
