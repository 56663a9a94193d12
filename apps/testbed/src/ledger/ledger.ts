import type { Entry } from '@sse/core'
import type { TestEvent } from '@sse/core/testing'
import { Breach, type PromiseName } from './promises.ts'

/** What a ledger asks of the log: what was ever in it, and what it may have lost. */
export interface LedgerLog {
  /** How many entries there ever were: the place of the latest. */
  readonly length: number
  /** Whether it ever lost its tail. */
  readonly forked: boolean
  /** When an entry came, as a number; 0 for the origin; `undefined` for what never was in the log. */
  place(id: string): number | undefined
  /** The entries after one position up to another; `undefined` when none leads from the one to the other. */
  between(from: string, to: string): readonly Entry[] | undefined
  /** The position that a hub gives for this one: that of the newest event up to it, because commands take no place in its window. */
  standing(id: string): string
  /** Whether a text has the form of its ids. */
  isOwnForm(id: string): boolean
  /** Whether there is a cause to skip these entries: the log no longer holds them. */
  excuses(skipped: readonly Entry[]): boolean
}

/** What a ledger belongs to. */
export interface LedgerWorld {
  readonly log: LedgerLog
  /** The promises that were not kept, in the order in which that was seen. */
  readonly breaches: Breach[]
  meets(situation: 'a channel joined live' | 'a channel joined behind'): void
}

/** Which events of a channel concern a stream, by their place in the log. */
interface Membership {
  /** What came later than this must be delivered. */
  readonly owedAfter: number
  /** What came later than this may be delivered. */
  readonly allowedAfter: number
}

/**
 * What one stream was promised against what arrived. It knows the log, the channels that the stream was put on and the events that
 * its client saw, and nothing of how they came there.
 *
 * Every id that a client sees is a claim: who resumes from it gets what comes after. So a stream has to have been given, or told a
 * gap over, all that lies between one id and the next.
 */
export class Ledger {
  readonly #world: LedgerWorld
  readonly #log: LedgerLog
  readonly #cursor: string | undefined
  readonly #channels = new Map<string, Membership>()
  readonly #given = new Set<string>()
  readonly #transcript: string[] = []
  /** Where a client that brings no cursor has to begin, if the hub knew the head when it came. */
  #head: string | undefined
  #opened = false
  #claim = ''
  /** The same as it was told: it may be the id of a command. */
  #told = ''
  /** The position of the latest claim; `undefined` while only a gap can follow, because the cursor is none of this log's. */
  #position: string | undefined
  /** The place of the newest event that was given. */
  #newest = 0
  #broken = false

  /** @param cursor what the client brought, or the app said for it */
  constructor(world: LedgerWorld, cursor: string | undefined) {
    this.#world = world
    this.#log = world.log
    this.#cursor = cursor && this.#log.standing(cursor)
  }

  /** Whether the stream was told where it stands in the log. */
  get opened(): boolean {
    return this.#opened
  }

  /** The latest id. */
  get claim(): string {
    return this.#claim
  }

  get onChannels(): boolean {
    return this.#channels.size > 0
  }

  get channels(): readonly string[] {
    return [...this.#channels.keys()]
  }

  /** What `beginsAt` was told. */
  get head(): string | undefined {
    return this.#head
  }

  beginsAt(head: string): void {
    this.#head = head
  }

  /**
   * The stream was put on a channel. Before it opens that means all after its cursor, later what is published from now on.
   *
   * @param stands where it certainly stood: nothing up to there may be replayed
   * @param now the place of the latest entry when it was put there; for a client that hears of it later
   */
  joins(channel: string, stands?: string, now = this.#log.length): void {
    if (this.#channels.has(channel)) return
    this.#note(`joins ${channel}`)
    if (this.#opened)
      this.#world.meets(stands === undefined ? 'a channel joined behind' : 'a channel joined live')
    this.#channels.set(channel, {
      owedAfter: this.#opened ? now : -1,
      allowedAfter: stands === undefined ? -1 : this.#log.place(stands)!,
    })
  }

  leaves(channel: string): void {
    if (this.#channels.delete(channel)) this.#note(`leaves ${channel}`)
  }

  receives({ event, id: told, data }: TestEvent): void {
    if (event === 'beside') return
    const id = this.#log.standing(told)
    this.#note([event, id, data.slice(0, 80)].filter(Boolean).join(' '))
    if (event === 'message' || event === 'sse.end') this.#event(id)
    else if (event === 'sse.open') this.#open(id)
    else if (event === 'sse.gap') this.#gap(id, told, JSON.parse(data))
    else if (event === 'sse.ping') this.#ping(id)
    else if (event === 'sse.channels' && id !== this.#claim) this.#moveTo(id, 'sse.channels')
    this.#claim = id
    this.#told = told
  }

  /** The stream certainly stands here: it has been given everything before. */
  stands(at: string, why: string): void {
    this.#note(`stands at ${at}: ${why}`)
    if (this.#opened) this.#moveTo(at, why)
  }

  breach(promise: PromiseName, why: string): void {
    if (this.#broken) return
    this.#broken = true
    this.#world.breaches.push(new Breach(promise, why, this.#transcript))
  }

  #open(id: string): void {
    if (this.#opened) this.breach('I3', 'it opened twice')
    this.#opened = true
    const known = this.#log.place(id) !== undefined
    if (this.#cursor === undefined) {
      if (!known) this.breach('I2', `a client without a cursor was opened at ${id}, which is not in the log`)
      if (this.#head && id !== this.#head) this.breach('I2', `it began at ${id} instead of ${this.#head}`)
    } else if (id !== this.#cursor && (id !== '' || this.#log.place(this.#cursor) !== undefined)) {
      this.breach('I2', `it brought the cursor ${this.#cursor} and was opened at ${id}`)
    } else if (id !== '' && !this.#log.isOwnForm(id)) {
      this.breach('I2', 'a cursor that is unknown was echoed as an id')
    }
    this.#position = known ? id : undefined
  }

  #event(id: string): void {
    const place = this.#log.place(id)
    const entry = this.#position === undefined ? undefined : this.#log.between(this.#position, id)?.at(-1)
    if (place === undefined) this.breach('I1', `${id} is not in the log`)
    else if (this.#given.has(id)) this.breach('I3', `${id} came again`)
    else if (place < this.#newest) this.breach('I1', `${id} came after a newer event`)
    else if (!entry) this.breach('I2', `${id} does not follow ${this.#position}, and no gap was told`)
    else {
      if (!this.#concerns(entry, 'allowedAfter'))
        this.breach('its channels only', `${id} is none of its events`)
      this.#given.add(id)
      this.#newest = place
      this.#moveTo(id, 'the event')
    }
  }

  #gap(id: string, told: string, { reason }: { reason: string }): void {
    const from = this.#position
    // A command that is no longer held is a cause too: nobody knows any more that it was one.
    const skipped = from === undefined ? undefined : this.#log.between(from === id ? this.#told : from, told)
    this.#position = id
    if (this.#log.place(id) === undefined) this.breach('I2', `a gap leads to ${id}, which is not in the log`)
    else if (from === undefined || (reason === 'forked' && this.#log.forked)) return
    else if (!skipped) this.breach('I1', `a gap leads back from ${from} to ${id}`)
    else if (!this.#log.excuses(skipped))
      this.breach('gaps with a cause', `there is more between ${from} and ${id}`)
  }

  #ping(id: string): void {
    const isBehind = id !== this.#position && this.#position && this.#log.between(id, this.#position)
    if (this.#log.place(id) === undefined) this.breach('I4', `the heartbeat's ${id} is not in the log`)
    else if (isBehind) this.breach('I4', `the heartbeat's ${id} is behind ${this.#position}`)
    else this.#moveTo(id, 'the heartbeat')
  }

  #moveTo(id: string, by: string): void {
    const passed = this.#position === undefined ? undefined : this.#log.between(this.#position, id)
    const missing = passed?.find((entry) => !this.#given.has(entry.id) && this.#concerns(entry, 'owedAfter'))
    if (!passed) this.breach('I2', `${by} led from ${this.#position} to ${id}, and no gap was told`)
    else if (missing)
      this.breach('I2', `${by} passed ${missing.id}, which was neither delivered nor told as a gap`)
    this.#position = id
  }

  #concerns({ id, channels }: Entry, bound: keyof Membership): boolean {
    const place = this.#log.place(id)!
    return channels.some(
      (channel) => place > (this.#channels.get(channel)?.[bound] ?? Number.POSITIVE_INFINITY),
    )
  }

  #note(line: string): void {
    this.#transcript.push(line)
  }
}
