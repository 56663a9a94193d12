/**
 * Measures a log in PostgreSQL on this machine: `node --conditions=@sse/source packages/postgres/test/speed.ts [seconds]`. It starts a PostgreSQL of
 * its own and three processes: one publishes, one has a client, one has no client.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createHub } from '@sse/core'
import { freePort, RawStream, startBrokerServer } from '@sse/testbed'
import createBroker from './faults/broker.ts'
import { startPostgres } from './kit/postgres-server.ts'

const schema = 'speed'
const filler = 'x'.repeat(180)

/** Publish so many at a time, or so many per second; or only report. */
interface Order {
  readonly atATime?: number
  readonly perSecond?: number
  readonly milliseconds: number
}
interface Report {
  /** All entries that the process has received. */
  readonly entries: number
  /** Processor time of the process, in microseconds. */
  readonly cpu: number
  /** Duration of the order. */
  readonly milliseconds: number
}

if (process.send) await serve(process.argv[2] ?? '')
else await measure(Number(process.argv[2] ?? 4) * 1_000)

/** A process with a hub that carries out orders. */
async function serve(port: string): Promise<void> {
  const hub = createHub({ broker: createBroker(port, schema, '100000', '20000') })
  await hub.ready
  const publish = () => hub.publish('news', `${process.hrtime.bigint()} ${filler}`, { event: 'notification' })
  process.on('message', async ({ atATime = 0, perSecond = 0, milliseconds }: Order) => {
    const started = performance.now()
    const repeat = async () => {
      while (performance.now() < started + milliseconds) await publish()
    }
    const all: Promise<unknown>[] = Array.from({ length: atATime }, repeat)
    for (let passed = 0, count = 0; perSecond > 0 && passed < milliseconds; await delay(1)) {
      passed = performance.now() - started
      for (; count < (passed / 1_000) * perSecond; count++) all.push(publish())
    }
    await Promise.all(all)
    const { user, system } = process.cpuUsage()
    process.send?.({
      entries: hub.stats().entries,
      cpu: user + system,
      milliseconds: performance.now() - started,
    })
  })
  process.send?.('ready')
}

async function measure(milliseconds: number): Promise<void> {
  const postgres = await startPostgres('fsync=on')
  const port = await freePort()
  const address = String(postgres.port)
  const server = await startBrokerServer(new URL('faults/broker.ts', import.meta.url), port, address, schema)
  const [publisher, idle] = [await start(address), await start(address)]
  try {
    await ask(publisher, { atATime: 1_000, milliseconds: 3_000 })
    await settled(idle)
    for (const atATime of [1, 10, 100, 2_000]) {
      const before = [await report(publisher), await report(idle)] as const
      const cpu = cpuOf(postgres.pid)
      const sent = await ask(publisher, { atATime, milliseconds })
      const after = await settled(idle)
      const entries = after.entries - before[1].entries
      const perEvent = (cpu: number) => (cpu / entries).toFixed(1)
      console.log(
        [
          `${number(atATime)} under way: ${number((entries / sent.milliseconds) * 1_000)} events/s`,
          `processor time per event: publisher ${perEvent(sent.cpu - before[0].cpu)} µs`,
          `process without a subscriber ${perEvent(after.cpu - before[1].cpu)} µs`,
          `PostgreSQL ${perEvent(cpuOf(postgres.pid) - cpu)} µs`,
        ].join(' · '),
      )
    }
    const latencies: number[] = []
    const stream = await RawStream.open(`http://127.0.0.1:${port}/events`)
    stream.read((block) => {
      const [, sent] = /^data: (\d+) x/m.exec(block.toString()) ?? []
      if (sent) latencies.push(Number(process.hrtime.bigint() - BigInt(sent)) / 1e6)
    })
    for (const perSecond of [100, 1_000, 5_000]) {
      latencies.length = 0
      await ask(publisher, { perSecond, milliseconds })
      await settled(idle)
      const sorted = latencies.toSorted((one, other) => one - other)
      const at = (part: number) => sorted[Math.floor(sorted.length * part)]?.toFixed(1)
      console.log(
        `${number(perSecond)} events/s, publish → client of another process, ${sorted.length} events: ` +
          `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, p99.9 ${at(0.999)} ms`,
      )
    }
  } finally {
    publisher.kill()
    idle.kill()
    await server.kill('SIGKILL')
    await postgres.stop()
  }
  process.exit()
}

async function start(port: string): Promise<ChildProcess> {
  const child = fork(import.meta.filename, [port], { execArgv: ['--conditions=@sse/source'] })
  await once(child, 'message')
  return child
}

async function ask(child: ChildProcess, order: Order): Promise<Report> {
  child.send(order)
  const [report]: Report[] = await once(child, 'message')
  return report!
}

function report(child: ChildProcess): Promise<Report> {
  return ask(child, { milliseconds: 0 })
}

/** Reports when no entry arrives any more. */
async function settled(child: ChildProcess): Promise<Report> {
  for (let last = await report(child); ; ) {
    await delay(500)
    const next = await report(child)
    if (next.entries === last.entries) return next
    last = next
  }
}

/** Processor time of a process and its children, in microseconds, from Linux. */
function cpuOf(pid: number | undefined): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /, `${name} `)
          .split(' ')
      } catch {
        return []
      }
    })
  const own = stats.filter(([id, , parent]) => Number(id) === pid || Number(parent) === pid)
  // A tick has ten milliseconds.
  return own.reduce((sum, fields) => sum + (Number(fields[12]) + Number(fields[13])) * 10_000, 0)
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en')
}
