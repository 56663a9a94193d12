import type { Contestant } from '../contestants/catalog.ts'
import type { Bench, Figure } from './figure.ts'
import { type Each, type Lane, sideBySide } from './side-by-side.ts'

const events = 1
const bytes = 200
/** Deliveries before anything is measured: what V8 compiles at leisure is compiled by then. */
const warmUp = 60_000

/** A server of one process, or of several workers. */
interface Group extends Lane {
  readonly workers: number
  readonly streams: number
}

/** Two workers with twice as many streams as one process: what sharing the log costs, and whether both do the same. */
export const cores: Figure = {
  name: 'cores',
  title: 'Two workers on one log',
  measure: async (bench) => {
    const ours = bench.contestants.find(({ kind }) => kind === 'ours')
    if (!ours) return
    const cluster: Contestant = { ...ours, name: 'ours-cluster', title: '@sse/cluster' }
    const { streams } = bench.scale.cores
    const groups: readonly Group[] = [
      { contestant: ours, workers: 1, streams },
      { contestant: cluster, workers: 2, streams: 2 * streams },
    ]
    for (let repetition = 0; repetition < bench.scale.repetitions.cores; repetition++) {
      bench.progress(cores.name, `${repetition + 1}/${bench.scale.repetitions.cores}`)
      await sideBySide(bench, cores, groups, (each) => measure(bench, repetition, each))
    }
  },
}

async function measure(bench: Bench, repetition: number, each: Each<Group>): Promise<void> {
  const { deliveries, slices } = bench.scale.cores
  const turnsOf = (wanted: number, { streams }: Group) => Math.ceil(wanted / streams)
  await each(async ({ open, run, server }, group) => {
    await open(group.streams)
    await run({ turns: turnsOf(warmUp, group), events, bytes })
    await server('collect')
  })
  const used = new Map<Group, { total: number; workers: readonly number[] }>()
  for (let slice = 0; slice < slices; slice++) {
    await each(async ({ run, server }, group) => {
      await run({ turns: 3, events, bytes })
      const before = await server('cpus')
      const ran = await run({ turns: turnsOf(deliveries / slices, group), events, bytes })
      const after = await server('cpus')
      const sofar = used.get(group)
      used.set(group, {
        total: ran.server + (sofar?.total ?? 0),
        workers: after.map((cpu, index) => cpu - before[index]! + (sofar?.workers[index] ?? 0)),
      })
    })
  }
  for (const [group, { total, workers }] of used) {
    const delivered = turnsOf(deliveries / slices, group) * slices * events * group.streams
    bench.record({
      figure: cores.name,
      contestant: 'ours',
      setting: { workers: group.workers, streams: group.streams, events, bytes },
      repetition,
      measures: {
        cpu: total / delivered,
        ...(workers.length > 1 && { uneven: Math.max(...workers) / Math.min(...workers) }),
      },
    })
  }
}
