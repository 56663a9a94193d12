import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHub } from '../src/hub/hub.ts'
import type { Hub } from '../src/hub/types.ts'
import { createMemoryLog } from '../src/log/memory-broker.ts'
import { RecordingTransport } from '../src/stream/recording-transport.test-kit.ts'

const rounds = 1_000
/** Bytes that a round may leave behind: less than any object that it makes. */
const leftover = 40

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }))
afterEach(() => void vi.useRealTimers())

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn()
}

function hubOn(log: ReturnType<typeof createMemoryLog>): Hub {
  return createHub({
    broker: log.connect(),
    window: { entries: 20 },
    channel: (name) => ({ records: name.startsWith('prices'), presence: name.startsWith('room') }),
  })
}

/** What everything takes that is still referenced. */
async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let time = 0; time < 5; time++) {
    collect()
    await turns(2)
  }
  return process.memoryUsage().heapUsed
}

/** The heap also grows and shrinks for other reasons. A leak grows with every round, so growth counts only if more rounds confirm it. */
async function expectNoGrowth(round: (n: number) => Promise<void>): Promise<void> {
  const play = async (plays: number) => {
    for (let n = 0; n < plays * rounds; n++) {
      await round(n)
      if (n % rounds > 0) continue
      // What is bounded by a time goes: at once, or with the next round.
      vi.advanceTimersByTime(1_200_000)
      await turns(50)
    }
    return heldBytes()
  }
  let held = await play(1)
  let growth = leftover
  for (let plays = 3; growth >= leftover && plays < 50; plays *= 2) {
    const before = held
    held = await play(plays)
    growth = (held - before) / (plays * rounds)
  }
  expect(growth).toBeLessThan(leftover)
}

describe(`after ${rounds} of them nothing is held of`, { timeout: 120_000 }, () => {
  it('streams that join channels with records, and leave', async () => {
    const log = createMemoryLog({ entries: 20 })
    const hubs = [hubOn(log), hubOn(log)]
    await expectNoGrowth(async (n) => {
      const hub = hubs[n % 2]!
      await hub.publish(`prices:${n % 5}`, n, { record: `${n % 50}` })
      const transport = new RecordingTransport()
      const stream = hub.stream(transport, { records: { lacks: () => true } })
      stream.subscribe([`prices:${n % 5}`, 'news'])
      await turns(4)
      stream.subscribe(`prices:${(n + 1) % 5}`)
      await turns(2)
      stream.unsubscribe(`prices:${n % 5}`)
      if (n % 10 === 0) await hub.end(`prices:${n % 5}`)
      transport.leave()
      await turns(1)
    })
    for (const hub of hubs) await hub.close()
  })

  it('members that come and go', async () => {
    const log = createMemoryLog({ entries: 20 })
    const hubs = [hubOn(log), hubOn(log)]
    await expectNoGrowth(async (n) => {
      const hub = hubs[n % 2]!
      const transport = new RecordingTransport()
      hub.stream(transport, { key: `user ${n}`, presence: () => ({ n }) }).subscribe(['room:1', `room:${n}`])
      await turns(3)
      transport.leave()
      vi.advanceTimersByTime(5_200)
      await turns(1)
    })
    for (const hub of hubs) expect(await hub.presence('room:1')).toEqual([])
    for (const hub of hubs) await hub.close()
  })

  it('runs', async () => {
    const log = createMemoryLog({ entries: 20 })
    const hubs = [hubOn(log), hubOn(log)]
    await expectNoGrowth(async (n) => {
      const run = await hubs[n % 2]!.run(`run:${n % 50}`, ['a', { n }])
      const transport = new RecordingTransport()
      hubs[(n + 1) % 2]!.stream(transport).subscribe(run.channel, { since: run.position })
      if (n % 3 === 0) run.abort()
      else if (n % 3 === 1) await hubs[(n + 1) % 2]!.abort(run.channel)
      await run.done
      await turns(2)
      transport.leave()
    })
    for (const hub of hubs) await hub.close()
  })
})
