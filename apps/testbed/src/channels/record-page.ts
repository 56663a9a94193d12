import type { Entry } from '@sse/core'
import type { TestEvent } from '@sse/core/testing'

/** What a page is compared with. See `History`. */
export interface RecordLog {
  readonly head: string
  readonly length: number
  standing(id: string): string
  place(id: string): number | undefined
  between(from: string, to: string): readonly Entry[] | undefined
  /** The records of a channel at a position. */
  recordsAt(position: string, channel: string): readonly Entry[]
}

/** Whether a channel of these tests has records. */
export function hasRecords(channel: string): boolean {
  return channel.startsWith('records')
}

/**
 * What a page shows that follows the protocol, over all of its connections, against the log. `breach` is called with the first difference.
 */
export class RecordPage {
  /** The cursor that the page would come back with. */
  lastEventId: string | undefined
  readonly #log: RecordLog
  /** Called with the first difference. */
  onBreach: (why: string) => void
  /** The records of the channels that it has been given, by name. */
  readonly #shown = new Map<string, Map<string, string>>()
  /** The channels of the snapshot that is under way. */
  #snapshot: readonly string[] = []
  #label: { readonly channels: readonly string[]; readonly record: string } | undefined
  /** The channels that it is on, with the place of the newest entry when it joined. */
  readonly #channels = new Map<string, number>()
  /** The data of the events that it was given on this connection and that are no records: each entry has its own. */
  readonly #given = new Set<string>()
  /** Whether it lacks the records that belong to any newer position, so that it must not be told one. */
  #mustStay = false
  /** The position of the latest id of the connection. */
  #position: string | undefined
  /** Whether the connection began before the head, and no id has told where. */
  #isRewound = false

  constructor(log: RecordLog, breach: (why: string) => void) {
    this.#log = log
    this.onBreach = breach
  }

  /** Whether it has been given the records of a channel, and every change since. */
  has(channel: string): boolean {
    return this.#shown.has(channel)
  }

  /** The page is loaded anew. */
  reload(): void {
    this.#shown.clear()
  }

  /**
   * A connection begins. What was under way on the former one is of no use. Without a cursor it begins at the head, or before it if it
   * is rewound.
   */
  connect(channels: readonly string[], head: string | undefined, isRewound = false): void {
    for (const channel of this.#snapshot) this.#shown.delete(channel)
    this.#snapshot = []
    this.#label = undefined
    for (const channel of this.#shown.keys()) if (!channels.includes(channel)) this.#shown.delete(channel)
    this.#channels.clear()
    this.#given.clear()
    for (const channel of channels) this.#channels.set(channel, -1)
    this.#mustStay = this.lastEventId === undefined && this.#hasRecordChannel
    this.#isRewound = isRewound && this.lastEventId === undefined
    this.#position = this.lastEventId === undefined ? head : this.#log.standing(this.lastEventId)
  }

  join(channel: string): void {
    if (!this.#channels.has(channel)) this.#channels.set(channel, this.#log.length)
  }

  leave(channel: string): void {
    this.#channels.delete(channel)
    this.#shown.delete(channel)
    this.#snapshot = this.#snapshot.filter((one) => one !== channel)
  }

  /** It is about to leave a channel. If it lacks no others' records, it may be told a position in that moment. */
  isLeaving(channel: string): void {
    this.#mustStay &&= [...this.#channels.keys()].some((one) => hasRecords(one) && one !== channel)
  }

  receives({ event, id, data }: TestEvent): void {
    if (event === 'sse.open') this.#onOpen(id)
    else if (event === 'sse.record') this.#label = JSON.parse(data)
    else if (event === 'sse.records') this.#onRecords(id, JSON.parse(data))
    else if (event === 'sse.removed') this.#remove(JSON.parse(data))
    else if (event === 'sse.end') this.#shown.get(JSON.parse(data).channel)?.clear()
    else if (event === 'sse.gap') this.#onGap()
    else if (event === 'message') this.#onMessage(data)
    if (id !== '' && id !== this.lastEventId) this.#onId(id)
  }

  /** When nothing is on its way, every channel with records shows those of the log. @returns the first difference */
  difference(): string | undefined {
    for (const channel of this.#channels.keys()) {
      const difference = hasRecords(channel) && this.#differenceOn(channel, this.#log.head, 'in the end')
      if (difference) return difference
    }
    return undefined
  }

  /** Without a cursor it begins at the head, or so many events before it as the app has said. */
  #onOpen(id: string): void {
    if (this.lastEventId === undefined && id !== '') this.#position = this.#log.standing(id)
  }

  #onGap(): void {
    this.#position = undefined
    this.#mustStay = this.#hasRecordChannel
  }

  get #hasRecordChannel(): boolean {
    return [...this.#channels.keys()].some(hasRecords)
  }

  #onMessage(data: string): void {
    const label = this.#label
    this.#label = undefined
    if (label) for (const channel of label.channels) this.#set(channel, label.record, data)
    else if (this.#given.has(data)) this.onBreach(`${data.slice(0, 10)} came again`)
    else this.#given.add(data)
  }

  #set(channel: string, record: string, data: string): void {
    const shown = this.#shown.get(channel)
    if (shown) shown.set(record, data)
    else this.onBreach(`${channel} has changed before its records came`)
  }

  #remove({ channel, record }: { channel: string; record: string }): void {
    this.#shown.get(channel)?.delete(record)
  }

  #onRecords(id: string, { channels, done }: { channels: readonly string[]; done?: true }): void {
    const own = channels.filter((channel) => this.#channels.has(channel))
    if (done) {
      this.#snapshot = []
      this.#mustStay = false
      for (const channel of own) this.#compare(channel, id, 'when they are complete')
    } else {
      this.#snapshot = own
      for (const channel of own) this.#shown.set(channel, new Map())
    }
  }

  #compare(channel: string, position: string, when: string): void {
    const difference = this.#differenceOn(channel, position, when)
    if (difference) this.onBreach(difference)
  }

  #differenceOn(channel: string, position: string, when: string): string | undefined {
    const truth = this.#log.recordsAt(position, channel).map(({ record, data }) => [record, data].join(' '))
    const shown = [...(this.#shown.get(channel) ?? [])].map((one) => one.join(' '))
    if (shown.sort().join() === truth.sort().join()) return undefined
    return `${channel} shows ${brief(shown)} ${when} at ${position}, and the log has ${brief(truth)}`
  }

  /** Who comes back with this id is given what is after it: so everything before it was given, unless it was a record. */
  #onId(id: string): void {
    if (this.#mustStay) this.onBreach(`it was told ${id} before its records were complete`)
    const to = this.#log.standing(id)
    const passed = this.#position === undefined ? [] : this.#log.between(this.#position, to)
    const missing = passed?.find((entry) => isPlain(entry) && this.#isOwed(entry))
    // It has left the channels whose records it lacked, so it may be told its position in the events of the rewind.
    if (!passed && !this.#isRewound) this.onBreach(`${this.#position} led to ${to}, and no gap was told`)
    if (missing) this.onBreach(`${to} passed ${missing.id}, which is no record and was not delivered`)
    this.#position = to
    this.#isRewound = false
    this.lastEventId = id
  }

  #isOwed({ id, channels, data }: Entry): boolean {
    const place = this.#log.place(id)!
    const isOwn = channels.some((name) => place > (this.#channels.get(name) ?? Number.POSITIVE_INFINITY))
    return isOwn && !this.#given.has(data)
  }
}

function isPlain({ event, record }: Entry): boolean {
  return event === undefined && record === undefined
}

function brief(records: readonly string[]): string {
  return `[${records.map((one) => one.slice(0, 10)).join(', ')}]`
}
