import { type Bench, type Figure, rounds } from './figure.ts'
import { type Each, type Lane, sideBySide } from './side-by-side.ts'

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
    return rounds(bench, latency, contestants, bench.scale.repetitions.latency, (contestant, repetition) => {
      const lanes = [0, bench.scale.latency.stalled].map((stalled) => ({ contestant, stalled }))
      return sideBySide(bench, latency, lanes, (each) => measure(bench, repetition, each))
    })
  },
}

interface StalledLane extends Lane {
  /** Readers that never read. */
  readonly stalled: number
}

async function measure(bench: Bench, repetition: number, each: Each<StalledLane>): Promise<void> {
  const { streams, turns, interval, slices, flood } = bench.scale.latency
  await each(async ({ stall, server, open, run }, { stalled }) => {
    if (stalled > 0) {
      // They are alone until their sockets are full: 8 MB each, of which the kernel holds about half.
      await stall(stalled)
      await server('turn', { events: 10, bytes: 2_000 })
      await server('flood', flood / 10)
    }
    await open(streams)
    await run({ turns: warmUp, events: 1, bytes })
  })
  for (let slice = 0; slice < slices; slice++) {
    await each(({ pace }) => pace({ turns: turns / slices, events: 1, bytes }, interval))
  }
  await each(async ({ delays }, { contestant, stalled }) => {
    const { p50, p99, max } = await delays()
    bench.record({
      figure: latency.name,
      contestant: contestant.name,
      setting: { streams, stalled, interval },
      repetition,
      measures: { p50, p99, max },
    })
  })
}
