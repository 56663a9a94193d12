import { describe, expect, it } from 'vitest'
import { brokerConformance } from '../testing/index.ts'
import { createMemoryBroker, createMemoryLog } from './memory-broker.ts'

/** A log whose clock the test holds, and which can be made to let go of what it has. */
function createLog() {
  const clock = { time: 0 }
  return { clock, log: createMemoryLog({ entries, now: () => clock.time }) }
}

const entries = 6_000

brokerConformance(
  { describe, it },
  {
    name: 'the memory broker',
    createLog,
    connect: ({ log }) => log.connect(),
    advance: ({ clock }, milliseconds) => {
      clock.time += milliseconds
    },
    trim: async ({ log }) => {
      const broker = log.connect()
      await Promise.all(Array.from({ length: entries }, () => broker.publish(['filling'], { data: '' })))
      await broker.close()
    },
  },
)
