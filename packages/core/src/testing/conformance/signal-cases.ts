import assert from 'node:assert/strict'
import type { ConformanceCase } from './conformance-case.ts'

/** Texts that must arrive as they were sent. */
const texts = ['', ' ', 'a\nb\r\nc', '{"a":"\\u0000"}', '커서 🐎', '"\'%$\\', 'x'.repeat(60_000)]

export const signalCases: readonly ConformanceCase[] = [
  {
    name: 'signal reaches the receiver of the broker itself',
    run: async (trial) => {
      const member = await trial.start()
      for (const text of texts) {
        await member.signal(text)
        await member.hears(text)
      }
      assert.deepEqual(member.recorder.signals, texts)
    },
  },
  {
    name: 'signal reaches the receivers of all brokers that have started, once each',
    needs: ['several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      await trial.connect()
      await Promise.all([one.signal('1'), other.signal('2')])
      for (const member of [one, other]) {
        for (const text of ['1', '2']) await member.hears(text)
      }
      await one.signal('the end')
      for (const member of [one, other]) {
        await member.hears('the end')
        assert.deepEqual([...member.recorder.signals].sort(), ['1', '2', 'the end'])
      }
    },
  },
  {
    name: 'signals of one broker arrive in the order of the calls',
    needs: ['several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      const sent = Array.from({ length: 50 }, (_, n) => `${n}`)
      const sending = sent.map((text) => one.signal(text))
      await other.hears('49')
      await Promise.all(sending)
      // Some may be lost: those that came are in order.
      const come = other.recorder.signals.map(Number)
      assert.deepEqual(
        come,
        [...new Set(come)].sort((a, b) => a - b),
      )
    },
  },
  {
    name: 'a signal takes no place in the log',
    run: async (trial) => {
      const member = await trial.start()
      const { id } = await member.publish('before')
      for (let n = 0; n < 20; n++) await member.signal(`${n}`)
      await member.hears('19')
      assert.deepEqual(await member.read(id), { entries: [], done: true })
      const after = await member.publish('after')
      await member.has(after.id)
      assert.equal(member.recorder.received.at(-1)?.previous, id)
    },
  },
  {
    name: 'a broker that starts is not told the signals from before',
    needs: ['several'],
    run: async (trial) => {
      const one = await trial.start()
      await one.signal('before')
      await one.hears('before')
      const late = await trial.start()
      await one.signal('after')
      await late.hears('after')
      assert.deepEqual(late.recorder.signals, ['after'])
    },
  },
  {
    name: 'signal settles while the broker does not reach its log, and works again after it',
    needs: ['interrupt'],
    run: async (trial) => {
      const member = await trial.start()
      const mend = await trial.interrupt(member)
      await member.signal('while it is away')
      await mend()
      await member.recorder.until(() => member.recorder.states.at(-1) === 'up', 'health "up" is told')
      await member.signal('after it')
      await member.hears('after it')
    },
  },
  {
    name: 'after close a signal is neither sent nor received',
    needs: ['several'],
    run: async (trial) => {
      const [one, other] = await trial.startTwo()
      await one.close()
      await assert.rejects(one.signal('of a closed one'), { code: 'closed' })
      await other.signal('to a closed one')
      await other.hears('to a closed one')
      assert.deepEqual(one.recorder.signals, [])
      assert.deepEqual(other.recorder.signals, ['to a closed one'])
    },
  },
]
