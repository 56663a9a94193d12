import { SseError, show } from '../errors.ts'
import type { StreamPresence } from '../stream/stream-host.ts'
import { randomName } from '../stream/stream-id.ts'
import { presenceFrame } from '../wire/control.ts'
import type { Frame } from '../wire/frame.ts'
import type { Signal } from './signals.ts'
import type { Member } from './types.ts'

/** Milliseconds that a member stays after its last stream, so that a reload is no leave. */
const grace = 5_000
/** The same after an answered poll: by then the next poll is due. */
const pollGrace = 35_000
/** Milliseconds during which changes are collected into one event. */
const interval = 100
/** Milliseconds that the members of another hub stay after its last signal. */
const lease = 20_000
/** The maximum size of `info`, in bytes of JSON. */
const mostInfo = 1_024
/** The maximum number of members in a list. Of more members, clients only get the number. */
const mostMembers = 1_000
/** Milliseconds between two requests for all members of a hub. */
const askInterval = 500
/** The maximum number of members in one signal. Each takes up to 1.5 KiB. */
const perSignal = 30

/** Stands for a member that streams know in different states. */
const unsettled = ''

export interface PresenceOptions {
  /** This hub's own name. */
  readonly hub: string
  readonly hasPresence: (channel: string) => boolean
  readonly send: (signal: Signal) => void
  /** Writes a frame to the streams of a channel. */
  readonly tell: (channel: string, frame: Frame) => void
  readonly report: (error: unknown) => void
}

/** A stream, as far as presence needs it. */
export interface Present {
  readonly key: string | undefined
  readonly channels: ReadonlySet<string>
  /** The info that other members get on a channel. `undefined`: the stream is invisible there. */
  presenceOn(channel: string): unknown
}

/** A member with its streams in one hub. */
interface Known {
  readonly id: string
  readonly info: unknown
  readonly streams: number
}

/** A member of this hub, with the timer that removes it. */
interface Own extends Known {
  leaving: NodeJS.Timeout | undefined
}

type PresenceSignal = Extract<Signal, { type: 'presence' }>

interface OtherHub {
  /** The number of its changes up to which this hub has all of them. */
  version: number
  heard: number
  /** When this hub last asked for all its members. */
  asked: number
  /** The parts of all its members that have arrived. */
  parts: PresenceSignal[]
  readonly channels: Map<string, Map<string, Known>>
}

/**
 * The members of channels, over all hubs of the log. They are not in the log: each hub sends the changes of its own members as signals. Its
 * `alive` signals have the number of its changes, so a hub that missed one asks for all members of that hub.
 */
export class Presence implements StreamPresence {
  readonly #options: PresenceOptions
  /** The members of this hub, by channel and key. */
  readonly #own = new Map<string, Map<string, Own>>()
  readonly #others = new Map<string, OtherHub>()
  /** The channels on which each stream is present. */
  readonly #streams = new Map<Present, Set<string>>()
  /** The members that the streams of each channel know, as JSON by id. */
  readonly #told = new Map<string, Map<string, string>>()
  readonly #changed = new Set<string>()
  #version = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
  }

  /** The number of changes that this hub has made to its members. */
  get version(): number {
    return this.#version
  }

  /** The members of a channel, in the order of their ids. */
  members(channel: string): Member[] {
    const byKey = new Map<string, Member>()
    const maps = [
      this.#own.get(channel),
      ...[...this.#others.values()].map(({ channels }) => channels.get(channel)),
    ]
    for (const members of maps) {
      for (const [key, { id, info, streams }] of members ?? []) {
        const known = byKey.get(key)
        // Two hubs may have drawn an id for a key at the same time: all hubs use the lesser one.
        const first = known && known.id < id ? known : { id, info }
        byKey.set(key, { id: first.id, info: first.info, streams: streams + (known?.streams ?? 0) })
      }
    }
    return [...byKey.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
  }

  /** Called when a stream opens, changes its channels, or ends. */
  sync(stream: Present, { open, polled = false }: { open: boolean; polled?: boolean }): void {
    const { key } = stream
    if (key === undefined) return
    const known = this.#streams.get(stream)
    // Most apps have no presence.
    if (!known && ![...stream.channels].some(this.#options.hasPresence)) return
    const before = known ?? new Set()
    const now = new Set<string>()
    if (open) {
      for (const channel of stream.channels) {
        if (!this.#options.hasPresence(channel)) continue
        if (before.has(channel) || this.#join(channel, key, stream)) now.add(channel)
      }
    }
    for (const channel of before) if (!now.has(channel)) this.#leave(channel, key, polled ? pollGrace : grace)
    if (now.size > 0) this.#streams.set(stream, now)
    else this.#streams.delete(stream)
  }

  framesOf(channels: Iterable<string>): readonly Frame[] {
    const frames: Frame[] = []
    for (const channel of channels)
      if (this.#options.hasPresence(channel)) frames.push(this.#frameOf(channel))
    return frames
  }

  #frameOf(channel: string): Frame {
    const members = this.members(channel)
    if (this.#changed.has(channel)) this.#unsettle(channel, members)
    return presenceFrame(channel, limited(members))
  }

  onSignal(signal: Extract<Signal, { type: 'presence' | 'presence?' }>): void {
    const { hub } = this.#options
    if (signal.type === 'presence?') {
      if (signal.to === hub) this.#tellAll()
      return
    }
    if (signal.hub === hub) return
    const other = this.#other(signal.hub)
    other.heard = performance.now()
    if (signal.part) this.#onPart(other, signal)
    else if (signal.version > other.version) {
      if (signal.version === other.version + 1) other.version = signal.version
      else this.#ask(signal.hub, other)
      this.#apply(other, signal)
    }
  }

  /** Signals may be lost, so the members count as known only when all parts have arrived. Until then they are asked for again. */
  #onPart(other: OtherHub, signal: PresenceSignal): void {
    const { number, of } = signal.part!
    if (number === 1) other.parts = []
    const isNext =
      other.parts.length === number - 1 && (other.parts[0]?.version ?? signal.version) === signal.version
    if (!isNext) return
    other.parts.push(signal)
    if (number < of) return
    for (const channel of other.channels.keys()) this.#note(channel)
    other.channels.clear()
    for (const part of other.parts) this.#apply(other, part)
    other.version = signal.version
    other.parts = []
  }

  #apply(other: OtherHub, { members }: PresenceSignal): void {
    for (const { channel, key, member } of members) this.#set(other.channels, channel, key, member)
  }

  /** Asks for all members of another hub. Its `alive` signals bring this about again until they have come. */
  #ask(hub: string, other: OtherHub): void {
    if (performance.now() - other.asked < askInterval) return
    other.asked = performance.now()
    this.#options.send({ type: 'presence?', to: hub })
  }

  /** Called when another hub is live and has made so many changes. */
  onAlive(hub: string, version: number): void {
    if (hub === this.#options.hub) return
    if (!this.#others.has(hub) && version === 0) return
    const other = this.#other(hub)
    other.heard = performance.now()
    if (version !== other.version) this.#ask(hub, other)
  }

  onLeft(hub: string): void {
    // Its clients reconnect to other hubs, so its members stay for the grace.
    const other = this.#others.get(hub)
    if (other) other.heard = performance.now() - lease + grace
  }

  /** Removes the members of hubs that died. @param cutOff whether this hub receives no signals, so it cannot know which hubs live */
  check(cutOff: boolean): void {
    for (const [hub, other] of this.#others) {
      if (cutOff) other.heard = performance.now()
      if (performance.now() - other.heard <= lease) continue
      this.#others.delete(hub)
      for (const channel of other.channels.keys()) this.#note(channel)
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const members of this.#own.values())
      for (const { leaving } of members.values()) clearTimeout(leaving)
  }

  #join(channel: string, key: string, stream: Present): boolean {
    const info = this.#infoOf(stream, channel)
    if (info === undefined) return false
    const members = this.#own.get(channel) ?? new Map<string, Own>()
    this.#own.set(channel, members)
    const own = members.get(key)
    clearTimeout(own?.leaving)
    const id = own?.id ?? this.#idElsewhere(channel, key) ?? randomName()
    this.#setOwn(channel, key, { id, info, streams: (own?.streams ?? 0) + 1, leaving: undefined })
    return true
  }

  #infoOf(stream: Present, channel: string): unknown {
    try {
      const info = stream.presenceOn(channel)
      if (info === undefined) return undefined
      const bytes = Buffer.byteLength(JSON.stringify(info) ?? '')
      if (bytes > 0 && bytes <= mostInfo) return info
      const message = `The presence on ${show(channel)} has ${bytes} bytes of JSON, and 1 to ${mostInfo} are allowed: tell less, such as a name.`
      throw new SseError('invalid-data', message, { value: info })
    } catch (error) {
      this.#options.report(error)
      return undefined
    }
  }

  #leave(channel: string, key: string, after: number): void {
    const own = this.#own.get(channel)?.get(key)
    if (!own) return
    const streams = own.streams - 1
    const leaving =
      streams > 0 ? undefined : setTimeout(() => this.#setOwn(channel, key, undefined), after).unref()
    this.#setOwn(channel, key, { ...own, streams, leaving })
  }

  #setOwn(channel: string, key: string, member: Own | undefined): void {
    const members = this.#own.get(channel)
    if (member) members?.set(key, member)
    else members?.delete(key)
    if (members?.size === 0) this.#own.delete(channel)
    this.#note(channel)
    this.#version++
    const { hub, send } = this.#options
    send({
      type: 'presence',
      hub,
      version: this.#version,
      members: [{ channel, key, member: known(member) }],
    })
  }

  #set(channels: Map<string, Map<string, Known>>, channel: string, key: string, member: Known | null): void {
    const members = channels.get(channel) ?? new Map<string, Known>()
    if (member) channels.set(channel, members.set(key, member))
    else if (members.delete(key) && members.size === 0) channels.delete(channel)
    this.#note(channel)
  }

  /** Sends all members of this hub, because another hub missed a change or has just started. */
  #tellAll(): void {
    const { hub, send } = this.#options
    const all = [...this.#own].flatMap(([channel, members]) =>
      [...members].map(([key, member]) => ({ channel, key, member: known(member) })),
    )
    const of = Math.max(1, Math.ceil(all.length / perSignal))
    for (let number = 1; number <= of; number++) {
      const members = all.slice((number - 1) * perSignal, number * perSignal)
      send({ type: 'presence', hub, version: this.#version, members, part: { number, of } })
    }
  }

  #idElsewhere(channel: string, key: string): string | undefined {
    for (const { channels } of this.#others.values()) {
      const member = channels.get(channel)?.get(key)
      if (member) return member.id
    }
    return undefined
  }

  #other(hub: string): OtherHub {
    const known = this.#others.get(hub)
    if (known) return known
    const other: OtherHub = {
      ...{ version: 0, heard: performance.now(), asked: Number.NEGATIVE_INFINITY },
      ...{ parts: [], channels: new Map() },
    }
    this.#others.set(hub, other)
    return other
  }

  /** Called when the members of a channel may have changed. Its streams get all changes of a moment in one event. */
  #note(channel: string): void {
    this.#changed.add(channel)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      for (const changed of [...this.#changed]) {
        // Deleted first, because telling may end a stream. Then its member leaves, and the channel has changed again.
        this.#changed.delete(changed)
        this.#tellChanges(changed)
      }
    }, interval).unref()
  }

  /**
   * A stream gets a list that has changes of which the others have not heard. Such a member is told to all with the next changes, even if it is
   * then again what it was before.
   */
  #unsettle(channel: string, members: readonly Member[]): void {
    const told = this.#told.get(channel) ?? new Map<string, string>()
    this.#told.set(channel, told)
    const now = new Map(members.map((member) => [member.id, JSON.stringify(member)]))
    for (const id of new Set([...told.keys(), ...now.keys()]))
      if (told.get(id) !== now.get(id)) told.set(id, unsettled)
  }

  #tellChanges(channel: string): void {
    const members = this.members(channel)
    const before = this.#told.get(channel) ?? new Map<string, string>()
    const now = new Map(members.map((member) => [member.id, JSON.stringify(member)]))
    if (now.size > 0) this.#told.set(channel, now)
    else this.#told.delete(channel)
    const joined = members.filter(({ id }) => before.get(id) !== now.get(id))
    const left = [...before.keys()].filter((id) => !now.has(id))
    if (joined.length + left.length === 0) return
    const isLimited = Math.max(before.size, now.size) > mostMembers
    const change = isLimited ? limited(members) : { joined, left }
    this.#options.tell(channel, presenceFrame(channel, change))
  }
}

function limited(members: readonly Member[]): { members: readonly Member[] } | { count: number } {
  return members.length > mostMembers ? { count: members.length } : { members }
}

function known(member: Own | undefined): Known | null {
  return member ? { id: member.id, info: member.info, streams: member.streams } : null
}
