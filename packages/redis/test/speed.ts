/**
 * What a log in Redis carries on this machine: `node --conditions=@sse/source packages/redis/test/speed.ts [seconds]`. It starts a Redis of its
 * own (`REDIS_SERVER_PATH`) and three processes: one publishes, one has a client, one has none. On a machine that is shared the processor
 * time says more than the clock.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { createRequire } from 'node:module'
import { createHub } from '@sse/core'
import { freePort, startProcess } from '@sse/testbed'
import { createClient } from 'redis'
import { createRedisBroker } from '../src/index.ts'
import { startRedis } from './kit/redis-server.ts'

const prefix = 'speed'
const filler = 'x'.repeat(180)

/** What a process is told to do, and what it answers. */
type Order =
  | { readonly underWay: number; readonly milliseconds: number }
  | { readonly perSecond: number; readonly milliseconds: number }
  | 'report'
interface Report {
  readonly entries: number
  /** Processor time, in microseconds. */
  readonly cpu: number
  readonly milliseconds: number
}

if (process.send) await serve(process.argv[2] ?? '')
else await measure(Number(process.argv[2] ?? 4) * 1_000)

/** A process with a hub that does as it is told. */
async function serve(url: string): Promise<void> {
  const hub = createHub({ broker: createRedisBroker({ client: createClient({ url }), prefix }) })
  await hub.ready
  const publish = () => hub.publish('news', `${process.hrtime.bigint()} ${filler}`, { event: 'notification' })
  process.on('message', async (order: Order) => {
    const started = performance.now()
    const before = hub.stats().entries
    const cpu = process.cpuUsage()
    if (order !== 'report' && 'underWay' in order) await publishSteadily(publish, order)
    else if (order !== 'report') await publishEvenly(publish, order)
    const { user, system } = order === 'report' ? process.cpuUsage() : process.cpuUsage(cpu)
    const entries = order === 'report' ? hub.stats().entries : hub.stats().entries - before
    process.send?.({ entries, cpu: user + system, milliseconds: performance.now() - started })
  })
  process.send?.('ready')
}

/** So many are under way at any time. */
function publishSteadily(
  publish: () => Promise<unknown>,
  { underWay, milliseconds }: { readonly underWay: number; readonly milliseconds: number },
): Promise<unknown> {
  const end = performance.now() + milliseconds
  const one = async () => {
    while (performance.now() < end) await publish()
  }
  return Promise.all(Array.from({ length: underWay }, one))
}

/** So many a second, a few every millisecond. */
async function publishEvenly(
  publish: () => Promise<unknown>,
  { perSecond, milliseconds }: { readonly perSecond: number; readonly milliseconds: number },
): Promise<void> {
  const started = performance.now()
  const all: Promise<unknown>[] = []
  for (let count = 0; ; ) {
    const passed = performance.now() - started
    if (passed >= milliseconds) break
    for (; count < (passed / 1_000) * perSecond; count++) all.push(publish())
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(all)
}

async function measure(milliseconds: number): Promise<void> {
  const redis = await startRedis()
  const server = await startServer(redis.url)
  const [publisher, idle] = [await start(redis.url), await start(redis.url)]
  try {
    // Warm, and the log full.
    await told(publisher, { underWay: 1_000, milliseconds: 3_000 })
    const memory = Number(await redis.command('MEMORY', 'USAGE', `{${prefix}}:log`, 'SAMPLES', 0))
    const length = Number(await redis.command('XLEN', `{${prefix}}:log`))
    for (const underWay of [1, 10, 100, 2_000]) {
      const before = await report(idle)
      const redisBefore = await redisCpu(redis.command)
      const sent = await told(publisher, { underWay, milliseconds })
      const after = await settled(idle)
      const entries = after.entries - before.entries
      const perEvent = (cpu: number) => (cpu / entries).toFixed(1)
      console.log(
        [
          `${number(underWay)} under way: ${number((entries / sent.milliseconds) * 1_000)} events/s`,
          `processor time per event: publisher ${perEvent(sent.cpu)} µs`,
          `process without a subscriber ${perEvent(after.cpu - before.cpu)} µs`,
          `Redis ${perEvent((await redisCpu(redis.command)) - redisBefore)} µs`,
        ].join(' · '),
      )
    }
    const latencies = await listen(server.url)
    for (const perSecond of [1_000, 5_000, 10_000]) {
      latencies.length = 0
      await told(publisher, { perSecond, milliseconds })
      await settled(idle)
      const sorted = latencies.slice().sort((one, other) => one - other)
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
    await server.stop()
    await redis.stop()
  }
  process.exit()
}

async function start(url: string): Promise<ChildProcess> {
  const child = fork(import.meta.filename, [url], { execArgv: ['--conditions=@sse/source'] })
  await once(child, 'message')
  return child
}

async function told(child: ChildProcess, order: Order): Promise<Report> {
  child.send(order)
  const [answer]: Report[] = await once(child, 'message')
  return answer!
}

function report(child: ChildProcess): Promise<Report> {
  return told(child, 'report')
}

/** Once nothing comes any more. */
async function settled(child: ChildProcess): Promise<Report> {
  for (let last = await report(child); ; ) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    const next = await report(child)
    if (next.entries === last.entries) return next
    last = next
  }
}

/** An Express server on the log, in a process of its own. */
async function startServer(redis: string): Promise<{ readonly url: string; stop(): Promise<unknown> }> {
  const port = await freePort()
  const program = createRequire(import.meta.url).resolve('@sse/testbed/broker-server')
  const args = [program, new URL('broker.ts', import.meta.url).href, String(port), redis, prefix]
  const server = await startProcess(process.execPath, ['--conditions=@sse/source', ...args], {
    ready: /listening on/,
  })
  return { url: `http://127.0.0.1:${port}/events`, stop: () => server.kill('SIGKILL') }
}

/** A client: how long each event took, in milliseconds. */
async function listen(url: string): Promise<number[]> {
  const latencies: number[] = []
  const request = get(url)
  const [response] = await once(request, 'response')
  let rest = ''
  response.setEncoding('utf8').on('error', () => {})
  response.on('data', (text: string) => {
    const now = process.hrtime.bigint()
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, sent] = /^data: (\d+) x/.exec(line) ?? []
      if (sent) latencies.push(Number(now - BigInt(sent)) / 1e6)
    }
  })
  return latencies
}

/** Processor time of Redis, in microseconds. */
async function redisCpu(command: (...args: string[]) => Promise<unknown>): Promise<number> {
  const info = String(await command('INFO', 'cpu'))
  const seconds = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1])
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en')
}
