import type { Contestant } from '../contestants/catalog.ts'
import type { Bench, Figure } from './figure.ts'
import { type Each, type Lane, sideBySide } from './side-by-side.ts'

/** Turns without which a sum says nothing. */
const fewest = 3
/** Deliveries before anything is measured: what V8 compiles at leisure is compiled by then. */
const warmUp = { deliveries: 40_000, events: 1, bytes: 200 }
/** So much of a load is run before it is measured. */
const before = 1 / 4
/** Writes before each slice: since its last one the others have taken the caches of the core. */
const lead = 3_000

/** Processor time of the server for one event to one stream: publishing, serialising, writing, and what the kernel does in its name. */
export const cpu: Figure = {
  name: 'cpu',
  title: 'Server CPU per delivered event',
  measure: async (bench) => {
    const lanes = bench.contestants
      .filter(({ kind }) => kind !== 'open')
      .map((contestant) => ({ contestant }))
    for (let repetition = 0; repetition < bench.scale.repetitions.cpu; repetition++) {
      await sideBySide(bench, cpu, lanes, (each) => measure(bench, repetition, each))
    }
  },
}

async function measure(bench: Bench, repetition: number, each: Each<Lane>): Promise<void> {
  const { repetitions, cpu: scale } = bench.scale
  const [first = 1] = scale.streams
  await each(async ({ open, run }) => {
    await open(first)
    await run({ ...warmUp, turns: warmUp.deliveries / first })
  })
  for (const streams of scale.streams) {
    bench.progress(cpu.name, `${repetition + 1}/${repetitions.cpu} ${streams} streams`)
    await each(async ({ open, server }) => {
      await open(streams)
      // What the opening left behind is no part of a delivery.
      await server('collect')
    })
    for (const events of scale.events) {
      for (const bytes of scale.bytes) {
        await measureLoad(bench, repetition, { streams, events, bytes }, each)
      }
    }
  }
}

async function measureLoad(
  bench: Bench,
  repetition: number,
  setting: { readonly streams: number; readonly events: number; readonly bytes: number },
  each: Each<Lane>,
): Promise<void> {
  const { streams, events, bytes } = setting
  const { slices, turns } = sliced(bench, streams, events)
  await each(async ({ run }) => {
    await run({ turns: Math.ceil(slices * turns * before), events, bytes })
  })
  const used = new Map<Contestant, { server: number; load: number }>()
  for (let slice = 0; slice < slices; slice++) {
    await each(async ({ run }, { contestant }) => {
      const sofar = used.get(contestant)
      if (streams <= lead) await run({ turns: lead / streams, events, bytes })
      const { server, load } = await run({ turns, events, bytes })
      used.set(contestant, { server: server + (sofar?.server ?? 0), load: load + (sofar?.load ?? 0) })
    })
  }
  const deliveries = slices * turns * events * streams
  for (const [{ name }, { server, load }] of used) {
    bench.record({
      figure: cpu.name,
      contestant: name,
      setting,
      repetition,
      measures: { cpu: server / deliveries, load: load / deliveries },
    })
  }
}

/** How many slices of how many turns make up the deliveries wanted. */
function sliced({ scale }: Bench, streams: number, events: number): { slices: number; turns: number } {
  const { single, several, slices } = scale.cpu
  const wanted = Math.max(fewest, Math.ceil((events === 1 ? single : several) / (streams * events)))
  const turns = Math.ceil(wanted / slices)
  return { slices: Math.ceil(wanted / turns), turns }
}
