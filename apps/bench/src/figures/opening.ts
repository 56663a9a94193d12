import type { Contestant } from '../contestants/catalog.ts'
import type { Bench, Figure } from './figure.ts'
import { type Each, type Lane, sideBySide } from './side-by-side.ts'

/** What a stream costs before anything is sent: to open it, and to hold it open. Less a first wave, which pays for what is loaded once. */
export const opening: Figure = {
  name: 'opening',
  title: 'Opening streams, and holding them',
  measure: async (bench) => {
    const lanes = bench.contestants
      .filter(({ name }) => name !== 'floor-by-event')
      .map((contestant) => ({ contestant }))
    const { opening: repetitions } = bench.scale.repetitions
    for (let repetition = 0; repetition < repetitions; repetition++) {
      bench.progress(opening.name, `${repetition + 1}/${repetitions}`)
      await sideBySide(bench, opening, lanes, (each) => measure(bench, repetition, each))
    }
  },
}

async function measure(bench: Bench, repetition: number, each: Each<Lane>): Promise<void> {
  const { warmUp, streams, slices } = bench.scale.opening
  const before = new Map<Contestant, number>()
  const used = new Map<Contestant, { cpu: number; milliseconds: number }>()
  await each(async ({ open, server }, { contestant }) => {
    await open(warmUp)
    before.set(contestant, await server('rss'))
  })
  for (let slice = 1; slice <= slices; slice++) {
    await each(async ({ open, server }, { contestant }) => {
      const { cpu, milliseconds } = used.get(contestant) ?? { cpu: 0, milliseconds: 0 }
      const start = await server('cpu')
      const took = await open(warmUp + Math.round((streams * slice) / slices))
      used.set(contestant, { cpu: cpu + (await server('cpu')) - start, milliseconds: milliseconds + took })
    })
  }
  await each(async ({ server }, { contestant }) => {
    const { cpu, milliseconds } = used.get(contestant)!
    bench.record({
      figure: opening.name,
      contestant: contestant.name,
      setting: { streams },
      repetition,
      measures: {
        cpu: cpu / streams,
        perSecond: (1_000 * streams) / milliseconds,
        rss: ((await server('rss')) - before.get(contestant)!) / streams,
      },
    })
  })
}
