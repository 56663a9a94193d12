import type { Broker, Entry } from '../log/broker.ts'
import { comparePositions } from '../log/compare-positions.ts'
import { ChannelRecords } from '../log/records.ts'
import type { Window } from '../log/window.ts'
import { recordFrame } from '../wire/control.ts'
import { encodeFields } from '../wire/encode.ts'
import { contentOfEvent, type Frame, frame } from '../wire/frame.ts'

export interface RecordCacheOptions {
  readonly broker: Broker
  readonly window: Window
  readonly report: (error: unknown) => void
  /** Called when the records of channels can be had, or could not be read now. */
  readonly onLoaded: (channels: readonly string[]) => void
  readonly onFailed: (channels: readonly string[]) => void
}

/** Channels whose records are kept in memory at most, as long as they are in use. */
const mostChannels = 1_000
/** Entries that may come while the records of a channel are loaded. With more of them they are asked for again. */
const mostMissed = 10_000

/** The newest entry of a record, and its event as bytes that all streams share. */
interface Kept {
  readonly event: string | undefined
  readonly record: string
  readonly data: string
  frame: Frame | undefined
}

/** The records of a channel: `undefined` until the broker has answered. */
interface Channel {
  records: ChannelRecords<Kept> | undefined
  /** The position of the broker's answer, which the window does not hold yet. */
  position: string | undefined
  answer: readonly Entry[]
  /** What changed while the broker was asked. */
  missed: Entry[]
}

/**
 * The records of the channels that are joined here, in step with the head of the window. The broker is asked once per channel, however many streams
 * join.
 */
export class RecordCache {
  readonly #options: RecordCacheOptions
  /** The least recently used first. */
  readonly #channels = new Map<string, Channel>()

  constructor(options: RecordCacheOptions) {
    this.#options = options
  }

  /** An entry that changes records has come into the window. */
  apply(entry: Entry): void {
    if (this.#channels.size === 0) return
    for (const name of entry.channels) {
      const channel = this.#channels.get(name)
      if (!channel) continue
      if (channel.records) channel.records.apply(keep(entry))
      else if (channel.missed.push(entry) > mostMissed) this.#load([name])
    }
  }

  /**
   * The records of channels at the head of the window, as frames: a label if `named`, and the event, for each. `undefined` if some are not loaded. Then they
   * are asked for, and `onLoaded` is called.
   */
  framesOf(channels: readonly string[], named: boolean): readonly Frame[] | undefined {
    const found = channels.map((name) => this.#use(name))
    if (found.some((channel) => !channel?.records)) {
      const unknown = channels.filter((_, index) => !found[index])
      if (unknown.length > 0) this.#load(unknown)
      return undefined
    }
    return channels.flatMap((name, index) =>
      [...found[index]!.records!].flatMap((kept) => {
        kept.frame ??= frameOf(kept)
        return named ? [recordFrame(undefined, [name], kept.record), kept.frame] : [kept.frame]
      }),
    )
  }

  /** The window has moved on: it may hold the positions of answers now. */
  settle(): void {
    for (const [name, channel] of this.#channels) {
      if (channel.records || channel.position === undefined) continue
      if (this.#complete(channel)) this.#options.onLoaded([name])
      else if (comparePositions(channel.position, this.#options.window.baseId) === -1) this.#load([name])
    }
  }

  /** The log broke: what was kept may be of a lost branch. */
  clear(): void {
    this.#channels.clear()
  }

  #use(name: string): Channel | undefined {
    const channel = this.#channels.get(name)
    if (channel) {
      this.#channels.delete(name)
      this.#channels.set(name, channel)
    }
    return channel
  }

  #load(names: readonly string[]): void {
    const asked = names.map((name) => {
      const channel: Channel = { records: undefined, position: undefined, answer: [], missed: [] }
      this.#channels.set(name, channel)
      return { name, channel }
    })
    this.#evict()
    const isCurrent = ({ name, channel }: (typeof asked)[number]) => this.#channels.get(name) === channel
    this.#options.broker.records!(names).then(
      ({ position, entries }) => {
        for (const one of asked.filter(isCurrent)) {
          one.channel.position = position
          one.channel.answer = entries.filter(({ channels }) => channels.includes(one.name))
        }
        this.settle()
      },
      (error) => {
        this.#options.report(error)
        const failed = asked.filter(isCurrent).map(({ name }) => name)
        for (const name of failed) this.#channels.delete(name)
        this.#options.onFailed(failed)
      },
    )
  }

  /** Takes the broker's answer, and what came after it. @returns whether the window holds its position */
  #complete(channel: Channel): boolean {
    const { window } = this.#options
    const position = window.find(channel.position!)
    if (position === undefined) return false
    const records = new ChannelRecords<Kept>()
    for (const entry of channel.answer) records.apply(keep(entry))
    for (const entry of channel.missed) {
      const seq = window.find(entry.id)
      if (seq !== undefined && seq > position) records.apply(keep(entry))
    }
    channel.records = records
    channel.answer = []
    channel.missed = []
    return true
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
