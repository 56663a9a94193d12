import type { RawEvent } from '../../connection/connection.ts'
import type { SseChannels } from '../../events/control-events.ts'
import type { History } from '../history.ts'
import {
  type Interest,
  type RelayedEvent,
  type RelayedRecord,
  type RelayedRecords,
  toComparable,
} from '../protocol.ts'

export interface InboxOptions {
  readonly id: string
  readonly history: History
  interests(): readonly Interest[]
  /** Delivers an event to the page. */
  deliver(event: RawEvent): void
  /** The leader's answer about the tab's channels belongs to earlier interests. */
  outdated(): void
}

/** The most channels that are remembered after a page has left them. */
const KEPT = 1000

/** Decides which of the relayed events a tab's page receives: those that it asked for. */
export function createInbox({ id, history, interests, outdated, ...options }: InboxOptions) {
  /** The cursor after the event that was delivered last. */
  let place = history.cursor
  let wanted = new Set<Interest>(interests())
  /** The tab joined without a cursor, and no stream has begun since. For this tab the next stream does not resume. */
  let isFresh = history.cursor === ''
  /** The channels that the page was told. Undefined: it joined with a cursor and was not told yet, so its interests decide. */
  let on: ReadonlySet<string> | undefined = isFresh ? new Set() : undefined
  let opened = false
  let view: SseChannels | undefined
  /** The channels that it was told since the last stream began, as {@link toComparable} writes them. */
  let told: string | undefined
  /** Everything that the page has asked for so far. */
  const asked = new Set<Interest>(wanted)

  function deliver({ event, data, lastEventId, identified }: RawEvent & { identified?: boolean }): void {
    // Before its first stream a page has not received what is before the position of the others.
    if (!isFresh || identified) place = lastEventId
    options.deliver({ event, data, lastEventId: place })
  }

  /** The server's form of an event that sets a record. */
  function deliverRecord(relayed: RawEvent, { channels, forAll = [], record }: RelayedRecord): void {
    const own = channels.filter((channel) => forAll.includes(channel) || wanted.has(`c:${channel}`))
    deliver({ event: 'sse.record', data: JSON.stringify({ channels: own, record }), lastEventId: place })
    deliver(relayed)
  }

  /** The server's form of a snapshot. */
  function deliverRecords({ data, lastEventId }: RelayedEvent): void {
    if (!data) return
    const { channel, entries }: RelayedRecords = JSON.parse(data)
    const channels = [channel]
    const tell = (isDone: boolean) => {
      const text = JSON.stringify({ channels, ...(isDone && { done: true }) })
      deliver({ event: 'sse.records', data: text, lastEventId })
    }
    tell(false)
    for (const [record, event, text] of entries)
      deliverRecord({ event, data: text, lastEventId }, { channels, forAll: channels, record })
    tell(true)
  }

  /** Whether an event is for this tab. */
  function takes({ to, channels }: RelayedEvent): boolean {
    if (to && !to.includes(id)) return false
    return !channels || channels.some((channel) => wanted.has(`c:${channel}`) && (on?.has(channel) ?? true))
  }

  /** Whether the page is on a channel, by its own wish or the app's. The stream may still tell members of one that another tab has left. */
  const isOn = (channel: string) => wanted.has(`c:${channel}`) || (on?.has(channel) ?? true)

  const hasLeft = (channel: string) => asked.has(`c:${channel}`) && !wanted.has(`c:${channel}`)

  /** Without the channels that the page has left. If the app itself added one of them, it returns with the leader's next message. */
  function withoutLeft(all: SseChannels): SseChannels {
    if (![...all.channels, ...all.refused].some(hasLeft)) return all
    const [channels, refused] = [all.channels, all.refused].map((names) =>
      names.filter((name) => !hasLeft(name)),
    )
    return { channels: channels ?? [], refused: refused ?? [] }
  }

  function deliverChannels(relayed: RelayedEvent): void {
    const all: SseChannels = JSON.parse(relayed.data)
    const next = withoutLeft(all)
    if (!isRepeated(next)) deliver({ ...relayed, data: JSON.stringify(next) })
    if (next !== all) outdated()
  }

  /** Whether the page was told these channels already. */
  function isRepeated(next: SseChannels): boolean {
    if (toComparable(next) === told) return true
    view = next
    told = toComparable(next)
    if (next.channels.some((channel) => !on?.has(channel))) history.mark()
    on = new Set(next.channels)
    return false
  }

  return {
    /** Whether the page has received an `sse.open`. */
    get opened() {
      return opened
    },
    get told() {
      return told
    },
    takes,
    /** The tab begins without a cursor. For its page the next stream does not resume. */
    begin(): void {
      isFresh = true
    },
    /** Delivers the event to the page if it is for this tab. */
    deliver(relayed: RelayedEvent): void {
      if (!takes(relayed)) return
      if (relayed.event === 'sse.channels') deliverChannels(relayed)
      else if (relayed.event === 'sse.records') deliverRecords(relayed)
      else if (relayed.record) deliverRecord(relayed, relayed.record)
      else if (relayed.event === 'sse.presence' && !isOn(JSON.parse(relayed.data).channel)) return
      else if (relayed.event !== 'sse.open') deliver(relayed)
      else {
        const data = isFresh ? JSON.stringify({ ...JSON.parse(relayed.data), resumed: null }) : relayed.data
        opened = true
        isFresh = false
        told = undefined
        deliver({ ...relayed, data })
      }
    },
    /** The interests have changed. @returns whether there is a new one */
    updateInterests(): boolean {
      const before = wanted
      wanted = new Set(interests())
      for (const interest of wanted) asked.add(interest)
      for (const interest of asked)
        if (asked.size > wanted.size + KEPT && !wanted.has(interest)) asked.delete(interest)
      return [...wanted].some((interest) => !before.has(interest))
    },
    /** Tells the page about channels that it has left. That needs no server. */
    leave(): void {
      const next = view && withoutLeft(view)
      if (!next || next === view) return
      isRepeated(next)
      deliver({ event: 'sse.channels', data: JSON.stringify(next), lastEventId: history.cursor })
    },
  }
}
