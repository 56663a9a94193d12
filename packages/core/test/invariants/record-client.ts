import { RecordPage } from '@sse/testbed/channels'
import { Breach } from '@sse/testbed/ledger'
import type { Transport } from '../../src/response/transport.ts'
import type { SseStream } from '../../src/stream/sse-stream.ts'
import type { Stream } from '../../src/stream/stream.ts'
import { Decoder } from '../../src/wire/decode.ts'
import type { Frame } from '../../src/wire/frame.ts'
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

class PageTransport implements Transport {
  onDrain: Transport['onDrain']
  onClose: Transport['onClose']
  opened = false
  closed = false
  isFull = false
  pending = 0
  readonly #page: RecordPage
  readonly #note: (line: string) => void
  readonly #decoder = new Decoder()

  constructor(page: RecordPage, note: (line: string) => void) {
    this.#page = page
    this.#note = note
  }

  open(): void {
    this.opened = true
  }

  write(frames: readonly Frame[]): boolean {
    const text = frames.map(({ bytes }) => Buffer.from(bytes).toString()).join('')
    if (this.isFull) this.pending += Buffer.byteLength(text)
    for (const item of this.#decoder.decode(text)) {
      if (item.type !== 'event') continue
      this.#note(`${item.event} ${item.id} ${item.data.slice(0, 80)}`)
      this.#page.receives(item)
    }
    return !this.isFull
  }

  end(): void {
    this.closed = true
  }

  refuse(): void {
    this.closed = true
  }

  destroy(): void {
    this.closed = true
  }

  drain(): void {
    if (!this.isFull) return
    this.isFull = false
    this.pending = 0
    this.onDrain?.()
  }

  leave(): void {
    if (this.closed) return
    this.closed = true
    this.onClose?.()
  }
}
