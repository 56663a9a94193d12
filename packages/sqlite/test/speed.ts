/**
 * Measures how many events per second a hub publishes on this machine, by durability and by publishes per turn. The log is full, so that
 * each commit also removes entries: `node --conditions=@sse/source packages/sqlite/test/speed.ts [directory] [seconds]`.
 * The rounds are interleaved, so that the ratios are those of one run. On a shared machine the processor time is more exact than the clock.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Broker, createHub, createMemoryBroker, type Hub } from '@sse/core'
import { createSqliteBroker, type Synchronous } from '../src/index.ts'

const [parent = tmpdir(), seconds = '2'] = process.argv.slice(2)
const directory = mkdtempSync(join(parent, 'sse-speed-'))
const data = 'x'.repeat(200)
const rounds = 4
const turns = [1, 10, 100, 1_000]

const file = (synchronous: Synchronous) =>
  createSqliteBroker(join(directory, `${synchronous}.db`), { synchronous, keep: { entries: 20_000 } })
const brokers: Record<string, Broker> = {
  memory: createMemoryBroker({ entries: 0 }),
  off: file('off'),
  normal: file('normal'),
  full: file('full'),
}

interface Measured {
  events: number
  milliseconds: number
  /** Processor time, in microseconds. */
  cpu: number
  /** The longest time that the event loop was blocked, in milliseconds. */
  longest: number
}

/** Publishes so many events per turn. Each turn waits for the one before. */
async function measure(hub: Hub, perTurn: number, milliseconds: number): Promise<Measured> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const before = process.cpuUsage()
  const start = performance.now()
  let events = 0
  while (performance.now() - start < milliseconds) {
    await Promise.all(
      Array.from({ length: perTurn }, () => hub.publish('news', data, { event: 'notification' })),
    )
    events += perTurn
  }
  delay.disable()
  const { user, system } = process.cpuUsage(before)
  return { events, milliseconds: performance.now() - start, cpu: user + system, longest: delay.max / 1e6 }
}

const hubs = Object.entries(brokers).map(([name, broker]) => ({ name, hub: createHub({ broker }) }))
await Promise.all(hubs.map(({ hub }) => hub.ready))
const results = new Map<string, Measured>()
for (let round = 0; round < rounds; round++) {
  for (const { name, hub } of hubs) {
    for (const perTurn of turns) {
      const total = results.get(`${name} ${perTurn}`) ?? { events: 0, milliseconds: 0, cpu: 0, longest: 0 }
      const measured = await measure(hub, perTurn, (Number(seconds) * 1_000) / rounds)
      results.set(`${name} ${perTurn}`, {
        events: total.events + measured.events,
        milliseconds: total.milliseconds + measured.milliseconds,
        cpu: total.cpu + measured.cpu,
        longest: Math.max(total.longest, measured.longest),
      })
    }
  }
}
await Promise.all(hubs.map(({ hub }) => hub.close()))
rmSync(directory, { recursive: true })

const perSecond = ({ events, milliseconds }: Measured) => (events / milliseconds) * 1_000
const cost = ({ events, cpu }: Measured) => cpu / events
const number = (value: number) => Math.round(value).toLocaleString('en')
console.log('events a second by the clock (of `normal`) · by processor time · longest hold of the loop')
console.log(`| | ${turns.map((perTurn) => `${number(perTurn)} a turn`).join(' | ')} |`)
for (const name of Object.keys(brokers)) {
  const cells = turns.map((perTurn) => {
    const own = results.get(`${name} ${perTurn}`)!
    const ratio = perSecond(own) / perSecond(results.get(`normal ${perTurn}`)!)
    return `${number(perSecond(own))} (${ratio.toFixed(2)}) · ${number(1e6 / cost(own))} · ${own.longest.toFixed(0)} ms`
  })
  console.log(`| ${name} | ${cells.join(' | ')} |`)
}
