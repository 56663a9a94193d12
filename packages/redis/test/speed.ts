/**
 * Measures a log in Redis on this machine: `node --conditions=@sse/source packages/redis/test/speed.ts [seconds]`. It starts a Redis of its own
 * (`REDIS_SERVER_PATH`; `SSE_REDIS_CLIENT=ioredis` for clients of that package) and three processes: one publishes, one has a client, one has no client. On a shared machine the processor time is
 * more exact than the clock.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { createHub } from '@sse/core'
import { freePort, RawStream, startBrokerServer } from '@sse/testbed'
import { createRedisBroker } from '../src/index.ts'
import { serverClient } from './kit/clients.ts'
import { type RedisServer, startRedis } from './kit/redis-server.ts'

const prefix = 'speed'
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
async function serve(url: string): Promise<void> {
  const hub = createHub({
    broker: createRedisBroker({ client: serverClient(Number(new URL(url).port)), prefix }),
  })
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

async function measure(milliseconds: number): Promise<void> {
  const redis = await startRedis()
  const port = await freePort()
  const server = await startBrokerServer(
    new URL('faults/broker.ts', import.meta.url),
    port,
    redis.url,
    prefix,
  )
  const [publisher, idle] = [await start(redis.url), await start(redis.url)]
  try {
    // Warms up, and fills the log.
    await ask(publisher, { atATime: 1_000, milliseconds: 3_000 })
    const memory = Number(await redis.command('MEMORY', 'USAGE', `{${prefix}}:log`, 'SAMPLES', 0))
    const length = Number(await redis.command('XLEN', `{${prefix}}:log`))
    for (const atATime of [1, 10, 100, 2_000]) {
      const before = [await report(publisher), await report(idle)] as const
      const redisBefore = await redisCpu(redis)
      const sent = await ask(publisher, { atATime, milliseconds })
      const after = await settled(idle)
      const entries = after.entries - before[1].entries
      const perEvent = (cpu: number) => (cpu / entries).toFixed(1)
      console.log(
        [
          `${number(atATime)} under way: ${number((entries / sent.milliseconds) * 1_000)} events/s`,
          `processor time per event: publisher ${perEvent(sent.cpu - before[0].cpu)} µs`,
          `process without a subscriber ${perEvent(after.cpu - before[1].cpu)} µs`,
          `Redis ${perEvent((await redisCpu(redis)) - redisBefore)} µs`,
        ].join(' · '),
      )
    }
    const latencies: number[] = []
    const stream = await RawStream.open(`http://127.0.0.1:${port}/events`)
    stream.read((block) => {
      const [, sent] = /^data: (\d+) x/m.exec(block.toString()) ?? []
      if (sent) latencies.push(Number(process.hrtime.bigint() - BigInt(sent)) / 1e6)
    })
    for (const perSecond of [1_000, 5_000, 10_000]) {
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
    console.log(`memory: ${(memory / length).toFixed(0)} B an event with ${filler.length + 16} B of data`)
  } finally {
    publisher.kill()
    idle.kill()
    await server.kill('SIGKILL')
    await redis.stop()
  }
  process.exit()
}

async function start(url: string): Promise<ChildProcess> {
  const child = fork(import.meta.filename, [url], { execArgv: ['--conditions=@sse/source'] })
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
    await delay(200)
    const next = await report(child)
    if (next.entries === last.entries) return next
    last = next
  }
}

/** Processor time of Redis, in microseconds. */
async function redisCpu(redis: RedisServer): Promise<number> {
  const info = String(await redis.command('INFO', 'cpu'))
  const seconds = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1])
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en')
}
