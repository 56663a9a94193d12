import { describe, expect, it } from 'vitest'
import type { PublishAnswer, PublishCommand } from '../served-process.ts'
import { startServer } from '../server-process.ts'
import { Ledger } from './ledger.ts'

const MB = 1_000_000
/** Bytes of the data of an event. */
const size = 31_250
/** Events at a time: 4 MB of data, well within the window of 16 MiB. */
const batch = 128
/** 20 MB before the first measurement, so that the window is full: what an option allows is no growth. Then 180 MB; 300 MB by `test:faults`. */
const batches = { warmUp: 5, measured: process.env['SSE_FAULTS'] ? 75 : 45 }
const limit = 128 * MB
/** Beside the one that is never read. All share what is buffered, so that the short form needs a few of them only. */
const readerCount = process.env['SSE_FAULTS'] ? 7 : 2

/** Serves streams of which one is never read, and publishes no faster than the others read. */
async function overload(program: URL, args: readonly string[]) {
  const server = await startServer(program, { args })
  const stalled = await Ledger.open(server.port, size)
  const readers = await Promise.all(Array.from({ length: readerCount }, () => Ledger.open(server.port, size)))
  for (const reader of readers) reader.read()
  const publish = async () => {
    const answer = await server.ask<PublishAnswer>({ count: batch, size } satisfies PublishCommand)
    await Promise.all(readers.map((reader) => reader.reached(answer.last)))
    return answer
  }

  let baseline = 0
  for (let done = 0; done < batches.warmUp; done++) baseline = (await publish()).rss
  let peak = 0
  let last = 0
  for (let done = 0; done < batches.measured; done++) {
    const answer = await publish()
    peak = Math.max(peak, answer.peak)
    last = answer.last
  }
  await stalled.read().reached(last)
  for (const reader of [...readers, stalled]) reader.leave()
  return { growth: peak - baseline, last, readers, stalled }
}

/**
 * Defines the test of memory: 8 streams, in the short form 3, one of which is never read.
 *
 * @param program answers the commands of `createPublisher` on its route `/events`
 * @param hand `args` with which it serves in a way that buffers without bound, which shows that this is measured
 */
export function overloadTests(
  name: string,
  program: URL,
  { args = [], hand }: { args?: readonly string[]; hand?: readonly string[] } = {},
): void {
  describe(`${name}: ${1 + readerCount} streams, one of which never reads, and ${(batches.measured * batch * size) / MB} MB to each`, () => {
    it('cost less than 128 MB, and each gets all in order or is told of a gap', async () => {
      const { growth, last, readers, stalled } = await overload(program, args)
      console.info(
        `${name}: grew by ${Math.round(growth / MB)} MB; the stalled stream got ${stalled.received} of ${last} events and ${stalled.gaps} gap`,
      )
      for (const { received, gaps, faults } of readers) {
        expect({ received, gaps, faults }).toEqual({ received: last, gaps: 0, faults: [] })
      }
      expect(stalled.faults).toEqual([])
      expect(stalled.received === last || stalled.gaps > 0).toBe(true)
      expect(growth).toBeLessThan(limit)
    }, 120_000)

    if (!hand) return
    it('cost more than that when written by hand, which shows that it is measured', async () => {
      const { growth, last, readers, stalled } = await overload(program, hand)
      console.info(`${name} by hand: grew by ${Math.round(growth / MB)} MB`)
      for (const { received, faults } of [...readers, stalled]) {
        expect({ received, faults }).toEqual({ received: last, faults: [] })
      }
      expect(growth).toBeGreaterThan(limit)
    }, 120_000)
  })
}
