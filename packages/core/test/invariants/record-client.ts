import { RecordPage } from '@sse/testbed/channels'
import { Breach } from '@sse/testbed/ledger'
import { ReceivingTransport } from '@sse/testbed/receiving-transport'
import type { SseStream } from '../../src/stream/sse-stream.ts'
import type { Stream } from '../../src/stream/stream.ts'
import type { TestEvent } from '../../src/testing/test-stream.ts'
import type { RecordClientStep, RecordConnect } from './record-script.ts'
import type { World } from './world.ts'

/** A page and its connection. */
export class RecordClient {
  readonly #world: World
  readonly #page: RecordPage
  readonly #transcript: string[] = []
  #connection: { readonly stream: SseStream; readonly transport: PageTransport } | undefined

  constructor(world: World) {
    this.#world = world
    this.#page = new RecordPage(world.log, (why) => this.#breach(why))
  }

  take(step: RecordClientStep): void {
    this.#transcript.push(JSON.stringify(step))
    const { stream, transport } = this.#connection ?? {}
    if (step.do === 'connect') this.#connect(step)
    else if (!stream || !transport || stream.closed) return
    else if (step.do === 'join') {
      this.#page.join(step.channel)
      stream.subscribe(step.channel)
    } else if (step.do === 'leave') {
      this.#page.isLeaving(step.channel)
      stream.unsubscribe(step.channel)
      this.#page.leave(step.channel)
    } else if (step.do === 'fill') transport.isFull = true
    else if (step.do === 'drain') transport.drain()
    else if (step.do === 'beat') this.beat()
    else transport.leave()
  }

  beat(): void {
    const { stream, transport } = this.#connection ?? {}
    if (transport?.opened && !stream?.closed) (stream as Stream).beat()
  }

  drain(): void {
    this.#connection?.transport.drain()
  }

  conclude(): void {
    const { stream, transport } = this.#connection ?? {}
    if (!stream || stream.closed || stream.channels.size === 0) return
    const { log } = this.#world
    if (!transport?.opened || log.standing(this.#page.lastEventId ?? '') !== log.standing(log.head))
      this.#breach(`it stands at ${this.#page.lastEventId}, and the log at ${log.head}`)
    const difference = this.#page.difference()
    if (difference) this.#breach(difference)
  }

  #connect({ server, channels, page, rewind }: RecordConnect): void {
    this.#connection?.transport.leave()
    if (page !== 'same') this.#page.reload()
    if (page === 'new') this.#page.lastEventId = undefined
    const { servers } = this.#world
    const { broker, hub, handed } = servers[server % servers.length]!
    this.#page.connect(channels, broker.started ? handed : undefined)
    const transport = new PageTransport(this.#page, (line) => this.#transcript.push(line))
    const stream = hub.stream(transport, {
      stall: Number.POSITIVE_INFINITY,
      lastEventId: this.#page.lastEventId,
      records: { lacks: (channel) => !this.#page.has(channel) },
    })
    this.#connection = { stream, transport }
    stream.subscribe(channels, { rewind })
  }

  #breach(why: string): void {
    this.#world.breaches.push(new Breach('I2', why, this.#transcript))
  }
}

class PageTransport extends ReceivingTransport {
  readonly #page: RecordPage
  readonly #note: (line: string) => void

  constructor(page: RecordPage, note: (line: string) => void) {
    super()
    this.#page = page
    this.#note = note
  }

  protected receive(events: readonly TestEvent[]): void {
    for (const event of events) {
      this.#note(`${event.event} ${event.id} ${event.data.slice(0, 80)}`)
      this.#page.receives(event)
    }
  }
}
