import { findCores } from '../cores.ts'
import { withServer } from '../figures/session.ts'
import { table } from '../report/table.ts'
import { type CpuProfile, categories, functions, type Share } from './summary.ts'

const streams = 1_000
const load = { events: 1, bytes: 200 }
const warmUp = 200
const turns = 600

/** Where the processor time of a delivery goes: ours and the floor, at 1,000 streams and one event a turn. Printed as Markdown-ready text. */
export async function profile(): Promise<void> {
  const cores = findCores()
  for (const name of ['ours', 'floor']) {
    const { cpu, profiled } = await withServer(
      { cores },
      { name, protocol: 'sse' },
      async ({ open, run, server }) => {
        await open(streams)
        await run({ ...load, turns: warmUp })
        await server('profile')
        const { server: cpu } = await run({ ...load, turns })
        return { cpu, profiled: JSON.parse(await server('profiled')) as CpuProfile }
      },
    )
    const perDelivery = cpu / (streams * turns)
    console.log(
      `\n${name}: ${perDelivery.toFixed(2)} µs a delivery, ${streams} streams, 1 event of 200 bytes a turn`,
    )
    print('where', categories(profiled), perDelivery)
    print('function', functions(profiled).slice(0, 20), perDelivery)
  }
}

function print(head: string, shares: readonly Share[], perDelivery: number): void {
  const rows = shares.map(({ name, part }) => [
    name,
    `${(100 * part).toFixed(1)} %`,
    (part * perDelivery).toFixed(3),
  ])
  console.log(`\n${table([head, 'of the CPU time', 'µs a delivery'], rows, [])}`)
}
