import type { Bench, Figure } from './figure.ts'
import { rounds } from './figure.ts'
import { type Load, withServer } from './session.ts'

/** Turns without which a median says nothing. */
const fewest = 2

/** Processor time of the server for one event to one stream: publishing, serialising, writing, and what the kernel does in its name. */
export const cpu: Figure = {
  name: 'cpu',
  title: 'Server CPU per delivered event',
  measure: (bench) => {
    const publishing = bench.contestants.filter(({ kind }) => kind !== 'open')
    const { streams, events, bytes } = bench.scale.cpu
    return rounds(bench, cpu, publishing, bench.scale.repetitions.cpu, (contestant, repetition) =>
      withServer(bench, contestant, async ({ open, run }) => {
        await open(streams[0] ?? 1)
        // What V8 compiles at leisure is compiled before anything is measured.
        for (const each of events) await run(loadOf(bench, streams[0] ?? 1, each, bytes[0] ?? 200))
        for (const count of streams) {
          await open(count)
          for (const perTurn of events) {
            for (const size of bytes) {
              const load = loadOf(bench, count, perTurn, size)
              await run({ ...load, turns: Math.ceil(load.turns / 3) })
              const { server, load: generator } = await run(load)
              const deliveries = load.turns * perTurn * count
              bench.record({
                figure: cpu.name,
                contestant: contestant.name,
                setting: { streams: count, events: perTurn, bytes: size },
                repetition,
                measures: { cpu: server / deliveries, load: generator / deliveries },
              })
            }
          }
        }
      }),
    )
  },
}

function loadOf({ scale }: Bench, streams: number, events: number, bytes: number): Load {
  const deliveries = events === 1 ? scale.cpu.single : scale.cpu.several
  return { turns: Math.max(fewest, Math.ceil(deliveries / (streams * events))), events, bytes }
}
