import { type Bench, type Figure, rounds } from './figure.ts'
import { withServer } from './session.ts'

const bytes = 200

/** What `sse.open` looks like on the wire: the stream stands, and knows where. */
const opened = 'event: sse.open'

/** A crowd that comes back with cursors inside the window, against one that comes for the first time. */
export const resume: Figure = {
  name: 'resume',
  title: 'Resuming streams',
  measure: async (bench) => {
    const ours = bench.contestants.filter(({ kind }) => kind === 'ours')
    await rounds(bench, resume, ours, bench.scale.repetitions.resume, async (_, repetition) => {
      await measure(bench, repetition, 0)
      await measure(bench, repetition, bench.scale.resume.missed)
    })
  },
}

async function measure(bench: Bench, repetition: number, missed: number): Promise<void> {
  const { streams, log } = bench.scale.resume
  const server = { name: 'ours-resumed', protocol: 'sse' } as const
  await withServer(bench, server, async ({ server, open, depart }) => {
    await server('turn', { events: 1, bytes })
    const next = await server('flood', log)
    // The first crowd pays for what is compiled.
    await open(streams, { until: opened })
    await depart()
    const before = { cpu: await server('cpu'), reads: await server('reads') }
    const milliseconds = await open(streams, {
      until: opened,
      ...(missed > 0 && {
        lastEventId: await server('cursor', missed),
        replayed: { first: next - missed, events: missed, bytes },
      }),
    })
    bench.record({
      figure: resume.name,
      contestant: 'ours',
      setting: { streams, missed },
      repetition,
      measures: {
        milliseconds,
        cpu: (await server('cpu')) - before.cpu,
        reads: (await server('reads')) - before.reads,
      },
    })
  })
}
