import type { Contestant } from '../contestants/catalog.ts'
import { type Bench, type Figure, rounds } from './figure.ts'
import { withServer } from './session.ts'

const bytes = 200
/** Turns before the measured ones. */
const warmUp = 20

/** How late events are at a fixed rate that no contestant is busy with, without and with a few readers that never read. */
export const latency: Figure = {
  name: 'latency',
  title: 'Latency at a fixed rate',
  measure: (bench) => {
    const { only } = bench.scale.latency
    const contestants = bench.contestants.filter(
      ({ kind, name }) =>
        kind !== 'open' && name !== 'floor-by-event' && (only === undefined || only.includes(name)),
    )
    return rounds(
      bench,
      latency,
      contestants,
      bench.scale.repetitions.latency,
      async (contestant, repetition) => {
        await measure(bench, contestant, repetition, 0)
        await measure(bench, contestant, repetition, bench.scale.latency.stalled)
      },
    )
  },
}

async function measure(bench: Bench, contestant: Contestant, repetition: number, stalled: number) {
  const { streams, turns, interval, flood } = bench.scale.latency
  await withServer(bench, contestant, async ({ open, stall, server, run, pace }) => {
    if (stalled > 0) {
      // They are alone until their sockets are full: 8 MB each, of which the kernel holds about half.
      await stall(stalled)
      await server('turn', { events: 10, bytes: 2_000 })
      await server('flood', flood / 10)
    }
    await open(streams)
    await run({ turns: warmUp, events: 1, bytes })
    const { p50, p99, max, rate } = await pace({ turns, events: 1, bytes }, interval)
    bench.record({
      figure: latency.name,
      contestant: contestant.name,
      setting: { streams, stalled, interval },
      repetition,
      measures: { p50, p99, max, rate },
    })
  })
}
