import { type Bench, type Figure, rounds } from './figure.ts'
import { type Session, withServer } from './session.ts'

const bytes = 200

/** What `sse.open` looks like on the wire: the stream stands, and knows where. */
const opened = 'event: sse.open'

/** A crowd that comes back with cursors inside the window, in turns with one that comes for the first time. */
export const resume: Figure = {
  name: 'resume',
  title: 'Resuming streams',
  measure: async (bench) => {
    const ours = bench.contestants.filter(({ kind }) => kind === 'ours')
    await rounds(bench, resume, ours, bench.scale.repetitions.resume, (_, repetition) =>
      measure(bench, repetition),
    )
  },
}

interface Used {
  readonly milliseconds: number
  readonly cpu: number
  readonly reads: number
}

async function measure(bench: Bench, repetition: number): Promise<void> {
  const { streams, log, missed } = bench.scale.resume
  await withServer(bench, { name: 'ours-resumed', protocol: 'sse' }, async (session) => {
    const { server, open, depart } = session
    await server('turn', { events: 1, bytes })
    const next = await server('flood', log)
    // The first crowd pays for what is compiled.
    await open(streams, { until: opened })
    await depart()
    const crowd = (events: number) => measureCrowd(session, { streams, events, next })
    // What a machine that becomes slower costs, it costs both.
    const [fresh, resumed, resumedAgain, freshAgain] = [
      await crowd(0),
      await crowd(missed),
      await crowd(missed),
      await crowd(0),
    ]
    const record = (events: number, one: Used, other: Used) =>
      bench.record({
        figure: resume.name,
        contestant: 'ours',
        setting: { streams, missed: events },
        repetition,
        measures: {
          milliseconds: (one.milliseconds + other.milliseconds) / 2,
          cpu: (one.cpu + other.cpu) / 2,
          reads: one.reads + other.reads,
        },
      })
    record(0, fresh, freshAgain)
    record(missed, resumed, resumedAgain)
  })
}

/** @param crowd `events`: how many each stream has missed; `next`: the number of the next event */
async function measureCrowd(
  { server, open, depart }: Session,
  { streams, events, next }: { readonly streams: number; readonly events: number; readonly next: number },
): Promise<Used> {
  // The garbage of the streams before must not be collected, and counted, among these.
  await server('collect')
  const before = { cpu: await server('cpu'), reads: await server('reads') }
  const milliseconds = await open(streams, {
    until: opened,
    ...(events > 0 && {
      lastEventId: await server('cursor', events),
      replayed: { first: next - events, events, bytes },
    }),
  })
  const used = {
    milliseconds,
    cpu: (await server('cpu')) - before.cpu,
    reads: (await server('reads')) - before.reads,
  }
  await depart()
  return used
}
