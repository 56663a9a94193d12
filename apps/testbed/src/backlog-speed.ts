import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Broker, createHub, type Hub, type Transport } from '@sse/express'

const clients = 1_000
const entries = 100_000
const rounds = 3
const filler = 'x'.repeat(200)
/** Milliseconds, longer than a hub keeps the pages that it has read. */
const forgotten = 11_000

/**
 * Prints the cost of clients that return from 100,000 entries back, each with a channel of its own: the processor time of 1,000 clients
 * relative to one, and the delay of a live stream meanwhile. The clients are transports within the process, so HTTP does not count. The
 * rounds are interleaved, so that the ratios are those of one run.
 *
 * @param broker keeps at least 100,000 entries of 200 bytes
 */
export async function measureBacklog(name: string, broker: Broker): Promise<void> {
  const hub = createHub({ broker, heartbeat: 0 })
  await hub.ready
  const cursor = hub.position
  for (let first = 0; first < entries; first += clients) {
    await Promise.all(
      Array.from({ length: clients }, (_, index) => hub.publish(`user:${index}`, filler, { event: 'note' })),
    )
  }

  await cost(hub, cursor, 1)
  const total = { one: 0, all: 0 }
  for (let round = 0; round < rounds; round++) {
    total.one += await cost(hub, cursor, 1)
    total.all += await cost(hub, cursor, clients)
  }
  const [one, all] = [total.one / rounds, total.all / rounds]
  console.log(
    `${name}: processor time of one client ${one.toFixed(0)} ms, of ${clients} clients ${all.toFixed(0)} ms: ${(all / one).toFixed(2)} times`,
  )

  for (const [what, returning] of [
    ['alone', 0],
    ['while one client returns', 1],
    [`while ${clients} clients return`, clients],
  ] as const) {
    const { delays, took, held } = await live(hub, cursor, returning)
    delays.sort((a, b) => a - b)
    const at = (part: number) => (delays[Math.ceil(delays.length * part) - 1] ?? 0).toFixed(1)
    console.log(
      `${name}: a live event ${what} (${took.toFixed(0)} ms): p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms; the loop was held p99 ${(held.percentile(99) / 1e6).toFixed(1)} ms`,
    )
  }
  await hub.close()
}

/** Processor time in milliseconds until so many clients have caught up. */
async function cost(hub: Hub, cursor: string, count: number): Promise<number> {
  await pause(forgotten)
  const before = process.cpuUsage()
  await catchUp(hub, cursor, count)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

async function catchUp(hub: Hub, cursor: string, count: number): Promise<void> {
  const written = await Promise.all(Array.from({ length: count }, (_, index) => caughtUp(hub, cursor, index)))
  const fewest = Math.min(...written)
  if (fewest < entries / clients) throw new Error(`A client was given ${fewest} events only.`)
}

/** @returns how many frames were written */
function caughtUp(hub: Hub, cursor: string, index: number): Promise<number> {
  return new Promise((resolve) => {
    let frames = 0
    const transport = transportOf({
      write: (some) => {
        frames += some.length
      },
      caughtUp: () => {
        resolve(frames)
        setImmediate(() => stream.close())
      },
    })
    const stream = hub.stream(transport, { lastEventId: cursor }).subscribe(`user:${index}`)
  })
}

/** How late the events of a live stream are while clients return, in milliseconds. */
async function live(hub: Hub, cursor: string, count: number) {
  await pause(forgotten)
  const held = monitorEventLoopDelay({ resolution: 1 })
  const delays: number[] = []
  const sent: number[] = []
  const stream = hub.stream(
    transportOf({
      write: (frames) => {
        // Events of one turn come in one frame.
        for (const { bytes } of frames) {
          const ticks = Buffer.from(bytes).toString().split('event: tick').length - 1
          for (const due of sent.splice(0, ticks)) delays.push(performance.now() - due)
        }
      },
      caughtUp() {},
    }),
  )
  stream.subscribe('live')
  await pause(100)
  held.enable()
  const started = performance.now()
  let over = false
  const returned = (count === 0 ? pause(1_000) : catchUp(hub, cursor, count)).then(() => {
    over = true
  })
  // A tick is due every 5 ms: one that the loop held up is late from when it was due.
  for (let due = started + 5; !over; due = Math.max(due + 5, performance.now())) {
    await pause(Math.max(0, due - performance.now()))
    sent.push(due)
    await hub.publish('live', 'x', { event: 'tick' })
  }
  const took = performance.now() - started
  held.disable()
  await returned
  stream.close()
  return { delays, took, held }
}

function transportOf(told: {
  write(frames: readonly { readonly bytes: Uint8Array }[]): void
  caughtUp(): void
}): Transport {
  return {
    pending: 0,
    closed: false,
    onDrain: undefined,
    onClose: undefined,
    open() {},
    write(frames) {
      told.write(frames)
      return true
    },
    caughtUp: () => told.caughtUp(),
    end() {},
    refuse() {},
    destroy() {},
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
