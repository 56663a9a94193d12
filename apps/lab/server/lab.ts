import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { AllowedHosts } from '@sse/kit'
import { type LabState, type PerTransport, perTransport, transportNames } from '../shared/lab.ts'
import { defaults, type Settings } from '../shared/settings.ts'
import { createCrowd } from './crowd/crowd.ts'
import { createEventClock } from './events/event-clock.ts'
import { createEventLog } from './events/event-log.ts'
import { createLine } from './line/line.ts'
import { createMeter } from './line/meter.ts'
import { now } from './now.ts'
import { createEtagPolling } from './transports/etag-polling.ts'
import { createLongPolling } from './transports/long-polling.ts'
import { createShortPolling } from './transports/short-polling.ts'
import { createSseTransport } from './transports/sse.ts'
import type { Transport } from './transports/transport.ts'
import { createWebSocket } from './transports/websocket.ts'

export interface LabOptions {
  /** The port of each transport; 0 is a free one. */
  readonly ports: PerTransport<number>
  /** Address to listen on; undefined is every address of the machine. */
  readonly host?: string | undefined
  /** Which hosts the transports answer to. */
  readonly allowedHosts: AllowedHosts
  /** How many pages are open. While there is none, nothing is made and nobody asks. */
  readonly viewers: () => number
}

/** The transports behind their lines, and what drives and measures them. */
export interface Lab {
  readonly ports: PerTransport<number>
  readonly settings: Settings
  state(): LabState
  change(settings: Settings): void
  /** The crowd is there while somebody watches; to be called when pages come and go. */
  attend(): void
  run(): void
  pause(): void
  /** Counts from nothing. */
  reset(): void
  /** Cuts the lines of all transports for so long. */
  cut(milliseconds: number): void
  close(): Promise<void>
}

export async function startLab(options: LabOptions): Promise<Lab> {
  const { allowedHosts } = options
  const log = createEventLog()
  const transports: PerTransport<Transport> = {
    short: createShortPolling(allowedHosts, log),
    etag: createEtagPolling(allowedHosts, log),
    long: createLongPolling(allowedHosts, log),
    websocket: createWebSocket(allowedHosts),
    sse: createSseTransport(allowedHosts),
  }
  const meters = perTransport((name) => createMeter(transports[name].server))
  const clock = createEventClock({ due: () => running && options.viewers() > 0, emit })

  let settings = defaults
  let running = true
  let run = randomUUID()
  let published = 0
  let due = 0
  let cut: LabState['cut'] = null
  let mending: NodeJS.Timeout | undefined

  const targets = await Promise.all(transportNames.map((name) => listen(transports[name])))
  const lines = transportNames.map((_, index) =>
    createLine({ target: targets[index]!, latency: () => settings.latency }),
  )
  const bound = await Promise.all(
    transportNames.map((name, index) => lines[index]!.listen(options.ports[name], options.host)),
  )
  const ports = perTransport((name) => bound[transportNames.indexOf(name)]!)
  const crowd = createCrowd(ports)
  change(settings)

  function emit(event: Parameters<Transport['publish']>[0]): void {
    published += 1
    due += options.viewers() + crowd.size
    log.append(event)
    for (const name of transportNames) transports[name].publish(event)
  }

  function change(wanted: Settings): void {
    settings = wanted
    clock.setRate(wanted.rate)
    clock.setPayload(wanted.payload)
    attend()
  }

  function attend(): void {
    const { clients, interval } = settings
    crowd.want({ clients: options.viewers() > 0 ? clients : 0, interval })
  }

  return {
    ports,
    get settings() {
      return settings
    },
    change,
    attend,
    state: () => ({
      run,
      running,
      settings,
      published,
      due,
      cut,
      readings: perTransport((name) => meters[name].read()),
      crowd: crowd.counts(),
    }),
    run() {
      running = true
    },
    pause() {
      running = false
    },
    reset() {
      run = randomUUID()
      published = 0
      due = 0
      cut = null
      for (const name of transportNames) meters[name].reset()
      crowd.reset()
    },
    cut(milliseconds) {
      clearTimeout(mending)
      cut = { from: now(), until: now() + milliseconds }
      for (const line of lines) line.cut()
      mending = setTimeout(() => {
        for (const line of lines) line.mend()
      }, milliseconds)
    },
    async close() {
      clearTimeout(mending)
      clock.stop()
      crowd.close()
      // What is answered from now on ends its connection.
      for (const name of transportNames) transports[name].server.close()
      await Promise.all(transportNames.map((name) => transports[name].close()))
      await Promise.all(lines.map((line) => line.close()))
      for (const name of transportNames) transports[name].server.closeAllConnections()
    },
  }
}

async function listen({ server }: Transport): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
