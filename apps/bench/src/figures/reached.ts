import { startChild } from '../child.ts'
import type { NodeCommands } from '../reached/node.ts'
import type { PagesCommands } from '../reached/pages.ts'
import { startRedis } from '../reached/redis.ts'
import { type Bench, type Figure, rounds } from './figure.ts'

const nodes = 2
/** Writes of each page before the measured ones. */
const warmUp = 5

/** How long a page that has written waits for `reached`, on server nodes that share a log in Redis. */
export const reached: Figure = {
  name: 'reached',
  title: 'Pages that wait for their own writes, on two nodes over Redis',
  measure: (bench) => {
    const ours = bench.contestants.filter(({ kind }) => kind === 'ours')
    return rounds(bench, reached, ours, bench.scale.repetitions.reached, (_, repetition) =>
      measure(bench, repetition),
    )
  },
}

async function measure(bench: Bench, repetition: number): Promise<void> {
  const { pages, writes } = bench.scale.reached
  const stops: (() => Promise<void>)[] = []
  try {
    const redis = await startRedis()
    stops.push(redis.stop)
    const ports: number[] = []
    for (let node = 0; node < nodes; node++) {
      const options = { args: [redis.url], core: bench.cores?.server }
      const { ask, stop } = await startChild<NodeCommands>('reached/node.ts', options)
      stops.push(stop)
      ports.push(await ask('port'))
    }
    const { ask, stop } = await startChild<PagesCommands>('reached/pages.ts', { core: bench.cores?.load })
    stops.push(stop)
    await ask('open', { ports, count: pages })
    for (const followed of [true, false]) {
      await ask('write', { writes: warmUp, followed })
      const { p50, p99, max } = await ask('write', { writes: writes / pages, followed })
      bench.record({
        figure: reached.name,
        contestant: 'ours',
        setting: { pages, writes, followed: Number(followed) },
        repetition,
        measures: { p50, p99, max },
      })
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}
