import type { SseChannels } from '../control.ts'
import type { SourceMessage } from '../source.ts'
import type { History } from './history.ts'
import { compare, type Entry, type Wish } from './protocol.ts'

export interface InboxOptions {
  readonly id: string
  readonly history: History
  wishes(): readonly Wish[]
  /** Hands a message to the page. */
  deliver(message: SourceMessage): void
}

/** What a tab's page is told of what the connection brings: what it asked for. */
export interface Inbox {
  /** Whether the page has been told of a stream. */
  readonly opened: boolean
  /** What it was told of its channels since the last stream began, for comparison. */
  readonly told: string | undefined
  /** Whether an entry is for this tab. */
  takes(entry: Entry): boolean
  /** Tells the page, if the entry is for this tab. */
  deliver(entry: Entry): void
  /** The wishes have changed. @returns whether there are more */
  wish(): boolean
  /** Tells the page that it is no longer on channels that it has left: for that no server is needed. */
  leave(): void
}

export function createInbox({ id, history, wishes, deliver }: InboxOptions): Inbox {
  let wished = new Set<Wish>(wishes())
  /** It came without a cursor, and no stream has begun since: to this tab the next one is not a resumed one. */
  let isFresh = history.cursor === ''
  /** The channels that the page was told it is on. Undefined: it came with a cursor and was not told yet, so that it goes by its wishes. */
  let on: ReadonlySet<string> | undefined = isFresh ? new Set() : undefined
  let opened = false
  let view: SseChannels | undefined
  let told: string | undefined
  /** Everything that the page has ever asked for. */
  const asked = new Set<Wish>(wished)

  function takes({ to = id, channels }: Entry): boolean {
    if (to !== id) return false
    return !channels || channels.some((channel) => wished.has(`c:${channel}`) && (on?.has(channel) ?? true))
  }

  /** Whether the page knows it already. */
  function isRepeated(next: SseChannels): boolean {
    if (compare(next) === told) return true
    view = next
    told = compare(next)
    if (next.channels.some((channel) => !on?.has(channel))) history.mark()
    on = new Set(next.channels)
    return false
  }

  return {
    get opened() {
      return opened
    },
    get told() {
      return told
    },
    takes,
    deliver(entry) {
      if (!takes(entry)) return
      if (entry.event === 'sse.channels' && isRepeated(JSON.parse(entry.data))) return
      if (entry.event !== 'sse.open') return deliver(entry)
      const isFirst = isFresh
      opened = true
      isFresh = false
      told = undefined
      deliver(
        isFirst ? { ...entry, data: JSON.stringify({ ...JSON.parse(entry.data), resumed: null }) } : entry,
      )
    },
    wish() {
      const before = wished
      wished = new Set(wishes())
      for (const wish of wished) asked.add(wish)
      return [...wished].some((wish) => !before.has(wish))
    },
    leave() {
      const stays = (channel: string) => !asked.has(`c:${channel}`) || wished.has(`c:${channel}`)
      if (!view || [...view.channels, ...view.refused].every(stays)) return
      const next = { channels: view.channels.filter(stays), refused: view.refused.filter(stays) }
      const isConfirmed = told !== undefined
      isRepeated(next)
      // To a stream that has yet to confirm anything, this is no confirmation.
      if (!isConfirmed) told = undefined
      deliver({ event: 'sse.channels', data: JSON.stringify(next), lastEventId: history.cursor })
    },
  }
}
