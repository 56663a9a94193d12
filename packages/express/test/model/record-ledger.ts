import type { TestEvent } from '@sse/core/testing'
import { compare, RecordPage } from '@sse/testbed/channels'
import { Breach, type PromiseName } from '@sse/testbed/ledger'
import { room } from './asks.ts'
import type { TrueLog } from './true-log.ts'

interface Member {
  readonly id: string
  readonly info: string
  readonly streams: number
}

/** What a ledger of records and members belongs to. */
interface RecordLedgerWorld {
  readonly log: TrueLog
  readonly breaches: Breach[]
  meets(situation: string): void
}

/**
 * What one stream was promised whose page shows records and members. Until such a page has its records, its events may come without ids. So
 * `RecordPage` compares them with the log, and not the ledger of plain streams.
 */
export class RecordLedger {
  readonly page: RecordPage
  readonly #world: RecordLedgerWorld
  readonly #named: readonly string[]
  readonly #channels = new Set<string>()
  readonly #members = new Map<string, Member>()
  readonly #transcript: string[] = []
  #head: string | undefined
  #opened = false
  #broken = false
  /** Whether the page has connected. Before, channels are those that it begins with. */
  #begun = false

  /** @param named the channels that the page asks for itself: it is told later which of them it is on */
  constructor(world: RecordLedgerWorld, page: RecordPage, named: readonly string[]) {
    this.#world = world
    this.page = page
    this.#named = named
    this.page.onBreach = (why) => this.breach('I2', why)
  }

  get opened(): boolean {
    return this.#opened
  }

  get claim(): string {
    return this.#world.log.standing(this.page.lastEventId ?? '')
  }

  get channels(): readonly string[] {
    return [...this.#channels]
  }

  get head(): string | undefined {
    return this.#head
  }

  beginsAt(head: string): void {
    this.#head = head
  }

  joins(channel: string): void {
    if (this.#channels.has(channel)) return
    this.#note(`joins ${channel}`)
    this.#channels.add(channel)
    if (this.#begun) this.page.join(channel)
  }

  leaves(channel: string): void {
    if (!this.#channels.delete(channel)) return
    this.#note(`leaves ${channel}`)
    if (channel === room) this.#members.clear()
    if (!this.#begun) return
    this.page.isLeaving(channel)
    this.page.leave(channel)
  }

  receives(event: TestEvent): void {
    if (event.event === 'beside') return
    if (!this.#begun) this.#begin()
    this.#note([event.event, event.id, event.data.slice(0, 80)].filter(Boolean).join(' '))
    if (event.event === 'sse.open') {
      if (this.#opened) this.breach('I3', 'it opened twice')
      this.#opened = true
    } else if (event.event === 'sse.channels') {
      // It may be the leaving of the last channel with records that lets it be told a position.
      const { channels } = JSON.parse(event.data)
      for (const channel of this.channels) if (!channels.includes(channel)) this.page.isLeaving(channel)
    } else if (event.event === 'sse.presence') this.#shows(JSON.parse(event.data))
    else if (event.event === 'sse.records' && event.data.includes('"done"')) this.#world.meets('a snapshot')
    this.page.receives(event)
  }

  /** The page itself looks at every id. */
  stands(): void {}

  /** When nothing is on its way: does the page show what there is? */
  check(members: ReadonlyMap<string, number> | undefined): void {
    const difference = this.page.difference()
    if (difference) this.breach('nothing stuck', difference)
    if (!members) return
    const shown = [...this.#members.values()].filter(({ streams }) => streams > 0)
    try {
      compare(new Map(shown.map(({ info, streams }) => [info, streams])), members, 'a page')
    } catch (error) {
      throw new Error(`${error}\n    ${this.#transcript.join('\n    ')}`)
    }
  }

  breach(promise: PromiseName, why: string): void {
    if (this.#broken) return
    this.#broken = true
    this.#world.breaches.push(new Breach(promise, why, this.#transcript))
  }

  #begin(): void {
    this.#begun = true
    const own = this.channels
    for (const channel of this.#named) this.#channels.add(channel)
    this.page.connect(this.channels, this.#head)
    // They may be refused. Then a page without others that have records may be told where it stands.
    for (const channel of this.#named) if (!own.includes(channel)) this.page.isLeaving(channel)
  }

  #shows(change: { channel: string; members?: Member[]; joined?: Member[]; left?: string[] }): void {
    if (!this.#channels.has(change.channel))
      this.breach('its channels only', `nobody told it of ${change.channel}`)
    if (change.members) this.#members.clear()
    for (const member of change.members ?? change.joined ?? []) this.#members.set(member.id, member)
    for (const id of change.left ?? []) this.#members.delete(id)
    this.#world.meets('members')
  }

  #note(line: string): void {
    this.#transcript.push(line)
  }
}

/** A page that was loaded, and shows nothing yet. */
export function newPage(log: TrueLog): RecordPage {
  return new RecordPage(log, () => {})
}
