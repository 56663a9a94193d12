/** Measures a log that processes share: one process publishes, one has a client, one has no client. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { type Broker, createHub } from '@sse/core'
import { startBrokerServer } from './broker-process.ts'
import { freePort } from './port.ts'
import { RawStream } from './raw-stream.ts'

export interface LogSpeed {
  /** The name of the server that has the log. */
  readonly home: string
  /** The module whose default export makes a broker, and its arguments. */
  readonly broker: URL
  readonly args: readonly string[]
  /** Processor time of that server so far, in microseconds. */
  cpu(): number | Promise<number>
  /** Events a second for which the time to a client is measured. */
  readonly rates: readonly number[]
  /** Of each measurement. */
  readonly milliseconds: number
  /** Called when the log has many events. */
  filled?(eventBytes: number): Promise<void>
}

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

if (process.send && process.argv[1] === import.meta.filename) await serve(process.argv.slice(2))

/** A process with a hub that carries out orders. */
async function serve([module = '', ...args]: readonly string[]): Promise<void> {
  const { default: createBroker }: { default: (...args: string[]) => Broker } = await import(module)
  const hub = createHub({ broker: createBroker(...args) })
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
    const { entries } = hub.stats()
    process.send?.({ entries, cpu: user + system, milliseconds: performance.now() - started })
  })
  process.send?.('ready')
}

/** Writes the figures to the console. */
export async function measureLog({
  home,
  broker,
  args,
  cpu,
  rates,
  milliseconds,
  filled,
}: LogSpeed): Promise<void> {
  const port = await freePort()
  const server = await startBrokerServer(broker, port, ...args)
  const [publisher, idle] = [await start(broker, args), await start(broker, args)]
  try {
    // Warms up, and fills the log.
    await ask(publisher, { atATime: 1_000, milliseconds: 3_000 })
    await settled(idle)
    await filled?.(filler.length + 16)
    for (const atATime of [1, 10, 100, 2_000]) {
      const before = [await report(publisher), await report(idle)] as const
      const homeBefore = await cpu()
      const sent = await ask(publisher, { atATime, milliseconds })
      const after = await settled(idle)
      const entries = after.entries - before[1].entries
      const perEvent = (spent: number) => (spent / entries).toFixed(1)
      console.log(
        [
          `${number(atATime)} under way: ${number((entries / sent.milliseconds) * 1_000)} events/s`,
          `processor time per event: publisher ${perEvent(sent.cpu - before[0].cpu)} µs`,
          `process without a subscriber ${perEvent(after.cpu - before[1].cpu)} µs`,
          `${home} ${perEvent((await cpu()) - homeBefore)} µs`,
        ].join(' · '),
      )
    }
    const latencies: number[] = []
    const stream = await RawStream.open(`http://127.0.0.1:${port}/events`)
    stream.read((block) => {
      const [, sent] = /^data: (\d+) x/m.exec(block.toString()) ?? []
      if (sent) latencies.push(Number(process.hrtime.bigint() - BigInt(sent)) / 1e6)
    })
    for (const perSecond of rates) {
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
    stream.close()
  } finally {
    publisher.kill()
    idle.kill()
    await server.kill('SIGKILL')
  }
}

async function start(broker: URL, args: readonly string[]): Promise<ChildProcess> {
  const child = fork(import.meta.filename, [broker.href, ...args], { execArgv: ['--conditions=@sse/source'] })
  await once(child, 'message')
  return child
}

async function ask(child: ChildProcess, order: Order): Promise<Report> {
  child.send(order)
  const [answer]: Report[] = await once(child, 'message')
  return answer!
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

function number(value: number): string {
  return Math.round(value).toLocaleString('en')
}
