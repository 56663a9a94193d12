import { type Figure, rounds } from './figure.ts'
import { withServer } from './session.ts'

/** What a stream costs before anything is sent: to open it, and to hold it open. Less a first wave, which pays for what is loaded once. */
export const opening: Figure = {
  name: 'opening',
  title: 'Opening streams, and holding them',
  measure: (bench) => {
    const { warmUp, streams } = bench.scale.opening
    const contestants = bench.contestants.filter(({ name }) => name !== 'floor-by-event')
    return rounds(bench, opening, contestants, bench.scale.repetitions.opening, (contestant, repetition) =>
      withServer(bench, contestant, async ({ open, server }) => {
        await open(warmUp)
        const memory = await server('rss')
        const before = await server('cpu')
        const milliseconds = await open(warmUp + streams)
        const used = (await server('cpu')) - before
        bench.record({
          figure: opening.name,
          contestant: contestant.name,
          setting: { streams },
          repetition,
          measures: {
            cpu: used / streams,
            perSecond: (1_000 * streams) / milliseconds,
            rss: ((await server('rss')) - memory) / streams,
          },
        })
      }),
    )
  },
}
