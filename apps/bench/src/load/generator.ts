/** `node generator.ts`: the load. It holds the streams, asks the server for turns, and counts what comes. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { answerParent } from '../child.ts'
import { quantile } from '../statistics.ts'
import type { Delays, Opening, Ran, Turns } from './orders.ts'
import { handshake } from './protocol.ts'
import { Streams } from './streams.ts'
import { Tally } from './tally.ts'

let tally = new Tally()
let streams = new Streams(tally)
let control: Socket | undefined

const commands = {
  /** Connects to where a server is asked for turns. */
  async control(port: number) {
    control = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(control, 'connect')
    control.on('error', () => {})
  },
  /** Opens streams; answers the milliseconds until all were open, and had what was to be replayed. */
  async open({ port, protocol, count, replayed, ...options }: Opening): Promise<Ran> {
    if (replayed) {
      streams.expect(replayed.bytes)
      tally.begin(count, replayed.first)
      tally.expect(replayed.events)
    }
    const start = mark()
    const maySleep = stayAwake()
    await streams.open(port, count, handshake(protocol, options)).finally(maySleep)
    await completion()
    return since(start)
  },
  /** Opens streams that are never read. */
  async stall({ port, protocol, count }: Opening) {
    await streams.stall(port, count, handshake(protocol))
  },
  /** Asks for a turn when every stream has all of the one before: no event waits in a socket when the next is published. */
  async run({ turns, events, bytes, first, patience }: Turns): Promise<Ran> {
    begin(first, bytes)
    const start = mark()
    let left = turns
    const done = Promise.withResolvers<void>()
    const next = () => {
      if (left-- === 0) {
        streams.onComplete = () => {}
        return done.resolve()
      }
      tally.expect(events)
      pulse()
    }
    streams.onComplete = next
    const maySleep = stayAwake()
    next()
    await Promise.race([done.promise, stuck(done.promise, patience)])
    maySleep()
    return finish(start)
  },
  /** Asks for turns at a fixed rate, whether or not what was asked for before has come, and notes the delays. */
  async pace({ turns, events, bytes, first, interval }: Turns & { interval: number }): Promise<Ran> {
    begin(first, bytes)
    streams.noteDelays = true
    const start = mark()
    for (let turn = 0; turn < turns; turn++) {
      const wait = start.at + turn * interval - performance.now()
      if (wait > 0) await delay(wait)
      tally.expect(events)
      pulse()
    }
    await completion()
    streams.noteDelays = false
    return finish(start)
  },
  /** Of all that was noted since this was asked last. */
  delays(): Delays {
    const delays = streams.takeDelays()
    if (delays.length === 0) return { p50: 0, p99: 0, max: 0 }
    return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), max: quantile(delays, 1) }
  },
  /** Leaves all streams. */
  depart() {
    streams.close()
    tally = new Tally()
    streams = new Streams(tally)
  },
}

export type LoadCommands = typeof commands

function begin(first: number, bytes: number): void {
  streams.expect(bytes)
  tally.begin(streams.count, first)
}

/**
 * Until the answer is called, this process never waits for its sockets: it looks again and again. On the loopback it is the sender who wakes a
 * reader that sleeps, and pays for that; a server that is a little slower than the reader would pay at every write, a faster one never.
 */
function stayAwake(): () => void {
  let next = setImmediate(function look() {
    next = setImmediate(look)
  })
  return () => clearImmediate(next)
}

function pulse(): void {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleLE(performance.now() * 1_000)
  control?.write(bytes)
}

/** Resolves when everything expected has come, or nothing comes any more. */
async function completion(): Promise<void> {
  const done = Promise.withResolvers<void>()
  streams.onComplete = done.resolve
  if (tally.remaining === 0) done.resolve()
  await Promise.race([done.promise, stuck(done.promise)])
}

async function stuck(until: Promise<void>, patience = 10_000): Promise<void> {
  let over = false
  void until.then(() => {
    over = true
  })
  for (let before = -1; !over && before !== tally.counted; ) {
    before = tally.counted
    await delay(patience, undefined, { ref: false })
  }
}

interface Mark {
  readonly at: number
  readonly cpu: NodeJS.CpuUsage
}

function mark(): Mark {
  return { at: performance.now(), cpu: process.cpuUsage() }
}

function since({ at, cpu }: Mark): Ran {
  const { user, system } = process.cpuUsage(cpu)
  return { milliseconds: performance.now() - at, cpu: user + system, faults: tally.faults }
}

function finish(start: Mark): Ran {
  streams.onComplete = () => {}
  const ran = since(start)
  tally.end()
  return ran
}

answerParent(commands, () => streams.close())
