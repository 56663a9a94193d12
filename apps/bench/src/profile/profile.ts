import { catalog } from '../contestants/catalog.ts'
import { findCores, leaveServerCore } from '../cores.ts'
import { type Session, startSession } from '../figures/session.ts'
import { type Machine, thisMachine } from '../machine.ts'
import { table } from '../report/table.ts'
import { type CpuProfile, categories, functions, type Share } from './summary.ts'

const load = { streams: 1_000, events: 1, bytes: 200 } as const
const profiled = ['ours', 'floor'] as const
const warmUp = 300
/** In which they take turns, and the turns of each. */
const slices = { count: 30, turns: 50 }
const mostFunctions = 20

/** Where the processor time of one contestant goes. */
export interface Profile {
  readonly name: string
  readonly title: string
  /** Microseconds of the server's CPU. */
  readonly perDelivery: number
  /** Self time by where the code lives, the most first. */
  readonly where: readonly Share[]
  /** Self time of the functions that take the most. */
  readonly functions: readonly Share[]
}

export interface Profiles {
  readonly finished: string
  readonly machine: Machine
  readonly load: typeof load
  readonly profiles: readonly Profile[]
}

/** Where the processor time of a delivery goes: ours and the floor in turns, at 1,000 streams and one event a turn. */
export async function profile(): Promise<Profiles> {
  const machine = thisMachine()
  const cores = findCores()
  if (cores) leaveServerCore(cores)
  const sessions: Session[] = []
  for (const name of profiled) {
    const session = await startSession({ cores }, { name, protocol: 'sse' })
    sessions.push(session)
    await session.open(load.streams)
    await session.run({ ...load, turns: warmUp })
    await session.server('collect')
    await session.server('profile')
  }
  const used = sessions.map(() => 0)
  for (let slice = 0; slice < slices.count; slice++) {
    for (const [index, { run }] of sessions.entries()) {
      const { server } = await run({ ...load, turns: slices.turns })
      used[index]! += server
    }
  }
  const profiles: Profile[] = []
  for (const [index, { server, end }] of sessions.entries()) {
    const name = profiled[index]!
    const sampled = JSON.parse(await server('profiled')) as CpuProfile
    profiles.push({
      name,
      title: catalog.find((contestant) => contestant.name === name)?.title ?? name,
      perDelivery: used[index]! / (load.streams * slices.count * slices.turns),
      where: categories(sampled),
      functions: functions(sampled).slice(0, mostFunctions),
    })
    await end()
  }
  return { finished: new Date().toISOString(), machine, load, profiles }
}

export function sayProfile({ title, perDelivery, where, functions }: Profile): string {
  const rows = (shares: readonly Share[]) =>
    shares.map(({ name, part }) => [name, `${(100 * part).toFixed(1)} %`, (part * perDelivery).toFixed(3)])
  const tables = Object.entries({ where, function: functions }).map(([head, shares]) =>
    table([head, 'of the CPU time', 'µs a delivery'], rows(shares), []),
  )
  return [
    `${title}: ${perDelivery.toFixed(2)} µs a delivery, ${load.streams} streams, one event of ${load.bytes} bytes a turn`,
    ...tables,
  ].join('\n\n')
}
