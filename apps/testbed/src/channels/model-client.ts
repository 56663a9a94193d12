import type { Hub, SseStream } from '@sse/core'
import type { TestEvent } from '@sse/core/testing'
import { ReceivingTransport } from '../receiving-transport.ts'
import { type RecordLog, RecordPage } from './record-page.ts'

export interface Connect {
  readonly hub: Hub
  readonly channels: readonly string[]
  /** A page that is loaded anew has no records. It may have kept a cursor. */
  readonly page: 'new' | 'new with cursor' | 'same'
  readonly rewind: number
}

interface Member {
  readonly id: string
  readonly info: string
  readonly streams: number
}

/** What arrives instead of an event. */
export type WireFlaw = (event: TestEvent) => readonly TestEvent[]

/** A page, the connection that it has now, and what it shows. */
export class ModelClient {
  readonly key: string
  readonly #log: RecordLog
  readonly #page: RecordPage
  readonly #flaw: (() => WireFlaw) | undefined
  readonly #transcript: string[] = []
  /** What has arrived and was not looked at. */
  readonly #arrived: TestEvent[] = []
  readonly #members = new Map<string, Member>()
  #connection: { readonly stream: SseStream; readonly transport: ModelTransport } | undefined

  constructor(
    log: RecordLog,
    key: string,
    breach: (why: string) => void,
    flaw: (() => WireFlaw) | undefined,
  ) {
    this.key = key
    this.#flaw = flaw
    this.#log = log
    this.#page = new RecordPage(log, (why) => breach(`${why}\n${this}`))
  }

  /** The channels of its open stream. */
  get channels(): ReadonlySet<string> {
    const { stream } = this.#connection ?? {}
    return stream && !stream.closed ? stream.channels : new Set()
  }

  connect({ hub, channels, page, rewind }: Connect): void {
    this.leave()
    this.#transcript.push(`connects to ${channels}, ${page}, rewind ${rewind}`)
    if (page !== 'same') this.#page.reload()
    if (page === 'new') this.#page.lastEventId = undefined
    // Another process may have appended more.
    this.#page.connect(channels, hub.position, rewind > 0)
    this.#members.clear()
    const flaw = this.#flaw?.() ?? ((event) => [event])
    const transport = new ModelTransport((event) => this.#arrived.push(...flaw(event)))
    const stream = hub.stream(transport, {
      key: this.key,
      presence: () => this.key,
      stall: Number.POSITIVE_INFINITY,
      maxUnread: Number.POSITIVE_INFINITY,
      lastEventId: this.#page.lastEventId,
      records: { lacks: (channel) => !this.#page.has(channel) },
    })
    this.#connection = { stream, transport }
    stream.subscribe(channels, { rewind })
  }

  join(channel: string): void {
    if (!this.#isOpen) return
    this.#transcript.push(`joins ${channel}`)
    this.#page.join(channel)
    this.#connection!.stream.subscribe(channel)
  }

  part(channel: string): void {
    if (!this.#isOpen) return
    this.#transcript.push(`leaves ${channel}`)
    this.#page.isLeaving(channel)
    this.#connection!.stream.unsubscribe(channel)
    this.look()
    this.#page.leave(channel)
  }

  fill(): void {
    if (this.#connection) this.#connection.transport.isFull = true
  }

  drain(): void {
    this.#connection?.transport.drain()
  }

  /** The connection breaks. */
  leave(): void {
    this.#connection?.transport.leave()
    this.look()
    this.#arrived.length = 0
    this.#connection = undefined
  }

  /** Takes what has arrived. An entry that another process has appended may arrive here before the log of this test knows it. */
  look(): void {
    for (let event = this.#arrived[0]; event; event = this.#arrived[0]) {
      const { id, data } = event
      if (id !== '' && this.#log.place(id) === undefined) return
      this.#arrived.shift()
      if (event.event !== 'sse.ping') this.#transcript.push(`${event.event} ${id} ${data.slice(0, 200)}`)
      if (event.event === 'sse.presence') this.#onPresence(JSON.parse(data))
      else this.#page.receives(event)
    }
  }

  /** When nothing is on its way: does it stand at the head, and show what there is? */
  check(members: ReadonlyMap<string, number>): void {
    if (!this.#isOpen || this.channels.size === 0) return
    const { lastEventId = '' } = this.#page
    if (this.#log.standing(lastEventId) !== this.#log.standing(this.#log.head))
      throw new Error(`a page stands at ${lastEventId}, and the log at ${this.#log.head}`)
    const difference = this.#page.difference()
    if (difference) throw new Error(`${difference}\n${this}`)
    if (!this.channels.has('room')) return
    const shown = [...this.#members.values()].filter(({ streams }) => streams > 0)
    compare(new Map(shown.map(({ info, streams }) => [info, streams])), members, `${this}\nThis page`)
  }

  /** What it did and was told lately. */
  toString(): string {
    return this.#transcript
      .slice(-40)
      .map((line) => `    ${line}`)
      .join('\n')
  }

  get #isOpen(): boolean {
    return this.#connection !== undefined && !this.#connection.stream.closed
  }

  #onPresence(change: { members?: Member[]; joined?: Member[]; left?: string[] }): void {
    if (change.members) this.#members.clear()
    for (const member of change.members ?? change.joined ?? []) this.#members.set(member.id, member)
    for (const id of change.left ?? []) this.#members.delete(id)
  }
}

/** @throws Error if the members differ */
export function compare(
  shown: ReadonlyMap<string, number>,
  truth: ReadonlyMap<string, number>,
  where: string,
): void {
  const [one, other] = [shown, truth].map((members) => [...members].sort().join(' '))
  if (one !== other) throw new Error(`${where} shows the members ${one}, and there are ${other}`)
}

class ModelTransport extends ReceivingTransport {
  readonly #arrive: (event: TestEvent) => void

  constructor(arrive: (event: TestEvent) => void) {
    super()
    this.#arrive = arrive
  }

  protected receive(events: readonly TestEvent[]): void {
    events.forEach(this.#arrive)
  }
}
