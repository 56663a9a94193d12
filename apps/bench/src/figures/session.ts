import { until } from '@sse/testbed'
import { type Ask, startChild } from '../child.ts'
import type { Contestant } from '../contestants/catalog.ts'
import type { ServerCommands } from '../contestants/serve.ts'
import type { LoadCommands } from '../load/generator.ts'
import type { Delays, Opening, Ran } from '../load/orders.ts'
import { sayFaults } from '../load/tally.ts'
import type { Bench } from './figure.ts'

/** Turns of the same shape. */
export interface Load {
  readonly turns: number
  /** A turn. */
  readonly events: number
  /** An event. */
  readonly bytes: number
  /** Milliseconds without any event after which what is missing counts as dropped. Default 10,000. */
  readonly patience?: number
}

/** One server process, and the load's streams to it. */
export interface Session {
  readonly server: Ask<ServerCommands>
  /** Opens streams until there are so many that the server would serve; answers the milliseconds that took the load. */
  open(count: number, options?: Partial<Opening>): Promise<number>
  /** Opens streams that never read. */
  stall(count: number): Promise<void>
  /** Leaves all streams, and waits until the server knows. */
  depart(): Promise<void>
  /** Publishes turns, each when the one before has arrived everywhere; answers the processor time of both sides in microseconds. */
  run(load: Load): Promise<{ readonly server: number; readonly load: number }>
  /** Publishes a turn every so many milliseconds, and notes how late each event is. */
  pace(load: Load, interval: number): Promise<void>
  /** How late the events were for which it was noted and not yet asked. */
  delays(): Promise<Delays>
  end(): Promise<void>
}

/** Runs a contestant for as long as `use` takes. @throws Error with the reason when it must be disqualified */
export async function withServer<T>(
  bench: Pick<Bench, 'cores'>,
  contestant: Pick<Contestant, 'name' | 'protocol'>,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await startSession(bench, contestant)
  try {
    return await use(session)
  } finally {
    await session.end()
  }
}

/** Starts a contestant and its load, each in a process of its own. */
export async function startSession(
  { cores }: Pick<Bench, 'cores'>,
  { name, protocol }: Pick<Contestant, 'name' | 'protocol'>,
): Promise<Session> {
  const { ask: load, stop: stopLoad } = await startChild<LoadCommands>('load/generator.ts', {
    core: cores?.load,
  })
  const { ask: server, stop: stopServer } = await startChild<ServerCommands>('contestants/serve.ts', {
    args: [name],
    core: cores?.server,
  }).catch(async (error) => {
    await stopLoad()
    throw error
  })
  const end = async () => void (await Promise.all([stopServer(), stopLoad()]))
  const { streams: port, control } = await server('ports')
  await load('control', control)
  let opened = 0
  const serves = async (count: number) => {
    opened = count
    await until(async () => (await server('streams')) === count, { timeout: 30_000 })
  }
  return {
    server,
    async open(count, options = {}) {
      const ran = await load('open', { port, protocol, count: count - opened, ...options })
      judge(ran)
      await serves(count)
      return ran.milliseconds
    },
    async stall(count) {
      await load('stall', { port, protocol, count })
      await serves(opened + count)
    },
    async depart() {
      await load('depart')
      await serves(0)
    },
    async run(turns) {
      const first = await server('turn', turns)
      const before = await server('cpu')
      const ran = judge(await load('run', { ...turns, first }))
      return { server: (await server('cpu')) - before, load: ran.cpu }
    },
    async pace(turns, interval) {
      const first = await server('turn', turns)
      judge(await load('pace', { ...turns, first, interval }))
    },
    delays: () => load('delays'),
    end,
  }
}

/** @throws Error when events were lost, came twice or in the wrong order, or streams ended */
function judge<R extends Ran>(ran: R): R {
  const faults = sayFaults(ran.faults)
  if (faults) throw new Error(faults)
  return ran
}
