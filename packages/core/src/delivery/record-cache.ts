import type { Broker, Entry } from '../log/broker.ts'
import { comparePositions } from '../log/compare-positions.ts'
import { ChannelRecords } from '../log/records.ts'
import type { Window } from '../log/window.ts'
import { recordFrame } from '../wire/control.ts'
import { encodeFields } from '../wire/encode.ts'
import { contentOfEvent, type Frame, frame, joinFrames } from '../wire/frame.ts'

export interface RecordCacheOptions {
  readonly broker: Broker
  readonly window: Window
  readonly report: (error: unknown) => void
  /** Called when the records of a channel were read. */
  readonly onLoaded: (channel: string) => void
  /** Called when the records of a channel cannot be read now. */
  readonly onFailed: (channel: string, error: unknown) => void
}

/** The maximum number of channels whose records are in memory. */
const mostChannels = 1_000
/** The maximum number of changes that arrive during a read. After more of them, the records are read again. */
const mostMissed = 10_000

/** The newest entry of a record. Its frame is made when first needed, and all streams share it. */
interface Kept {
  readonly event: string | undefined
  readonly record: string
  readonly data: string
  frame: Frame | undefined
}

interface Channel {
  /** `undefined` until the broker has answered and the window holds the position of its answer. */
  records: ChannelRecords<Kept> | undefined
  /** The position of the broker's answer. The window may not hold it yet. */
  position: string | undefined
  answer: readonly Entry[]
  /** The head of the window when the broker was asked. */
  readonly askedAt: number
  /** The changes that arrived since the broker was asked. */
  missed: Entry[]
}

/**
 * The records of the channels that streams have joined here, at the head of the window. Each new entry changes them, so the broker is asked once
 * per channel, however many streams join.
 */
export class RecordCache {
  readonly #options: RecordCacheOptions
  /** The least recently used first. */
  readonly #channels = new Map<string, Channel>()
  /** Channels with an answer whose position the window does not hold. */
  readonly #answered = new Set<string>()

  constructor(options: RecordCacheOptions) {
    this.#options = options
  }

  /** Called with an entry that changes records, after the window appended it. */
  apply(entry: Entry): void {
    if (this.#channels.size === 0) return
    for (const name of entry.channels) {
      const channel = this.#channels.get(name)
      if (!channel) continue
      if (channel.records) channel.records.apply(keep(entry))
      else if (channel.missed.push(entry) > mostMissed) this.#load(name)
    }
  }

  /**
   * The records of channels at the head of the window, as frames for each channel. If `named`, an `sse.record` precedes each. `undefined` if some are not loaded:
   * they are then read, and `onLoaded` or `onFailed` is called.
   */
  framesOf(channels: readonly string[], named: boolean): readonly (readonly Frame[])[] | undefined {
    const found = channels.map((name) => this.#use(name))
    for (const [index, name] of channels.entries()) if (!found[index]) this.#load(name)
    if (found.some((channel) => !channel?.records)) return undefined
    return channels.map((name, index) =>
      [...found[index]!.records!].flatMap((kept) => {
        kept.frame ??= frameOf(kept)
        if (!named) return [kept.frame]
        // In one frame: what the app sends between two writes must not come between the name and the record.
        return [joinFrames([recordFrame(undefined, [name], kept.record), kept.frame])]
      }),
    )
  }

  /** Called at the end of a turn in which entries arrived, and with every heartbeat. */
  settle(): void {
    if (this.#answered.size === 0) return
    for (const name of [...this.#answered]) {
      const channel = this.#channels.get(name)
      this.#answered.delete(name)
      if (channel && !channel.records) this.#take(name, channel, { isNew: false })
    }
  }

  /** Called when the log broke: the records may be of a lost branch. */
  clear(): void {
    this.#channels.clear()
    this.#answered.clear()
  }

  #use(name: string): Channel | undefined {
    const channel = this.#channels.get(name)
    if (channel) {
      this.#channels.delete(name)
      this.#channels.set(name, channel)
    }
    return channel
  }

  /**
   * Asks the broker for the records of one channel. In an answer for several, an entry that is a record of one of them may have been superseded or
   * removed on another.
   */
  #load(name: string): void {
    const askedAt = this.#options.window.head
    const channel: Channel = { records: undefined, position: undefined, answer: [], askedAt, missed: [] }
    this.#channels.set(name, channel)
    this.#evict()
    const isCurrent = () => this.#channels.get(name) === channel
    this.#options.broker.records!([name]).then(
      ({ position, entries }) => {
        if (!isCurrent()) return
        channel.position = position
        channel.answer = entries
        this.#take(name, channel, { isNew: true })
      },
      (error) => {
        if (!isCurrent()) return
        this.#channels.delete(name)
        this.#options.onFailed(name, error)
      },
    )
  }

  /**
   * Takes an answer whose position is in the window, and waits for one that is ahead of it. An answer that cannot be ordered, or is older than what
   * the window had before the question, shows that the log lost entries before this process heard of it. Then the records are read again later.
   */
  #take(name: string, channel: Channel, { isNew }: { readonly isNew: boolean }): void {
    const { window, onLoaded } = this.#options
    const order = comparePositions(channel.position!, window.headId)
    const position = window.find(channel.position!)
    if (position !== undefined && position >= channel.askedAt) {
      this.#complete(channel, position)
      onLoaded(name)
    } else if (order === 1 || (isNew && (order === undefined || position !== undefined))) {
      this.#answered.add(name)
    } else this.#load(name)
  }

  /** Applies the broker's answer and the later changes. */
  #complete(channel: Channel, position: number): void {
    const { window } = this.#options
    const records = new ChannelRecords<Kept>()
    for (const entry of channel.answer) records.apply(keep(entry))
    for (const entry of channel.missed) {
      const seq = window.find(entry.id)
      if (seq !== undefined && seq > position) records.apply(keep(entry))
    }
    channel.records = records
    channel.answer = []
    channel.missed = []
  }

  #evict(): void {
    for (const name of this.#channels.keys()) {
      if (this.#channels.size <= mostChannels) return
      this.#channels.delete(name)
    }
  }
}

function keep({ event, record = '', data }: Entry): Kept {
  return { event, record, data, frame: undefined }
}

function frameOf({ event, data }: Kept): Frame {
  return frame(encodeFields({ event, data }), contentOfEvent({ event, data }))
}
