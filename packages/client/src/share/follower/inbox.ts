import type { SseChannels } from '../../events/control-events.ts'
import type { SourceMessage } from '../../connection/connection.ts'
import type { History } from '../history.ts'
import { compare, type Entry, type Wish } from '../protocol.ts'

export interface InboxOptions {
  readonly id: string
  readonly history: History
  wishes(): readonly Wish[]
  /** Hands a message to the page. */
  deliver(message: SourceMessage): void
  /** What the leader said of the tab's channels is of a time when it wanted others. */
  outdated(): void
}

/** How many channels that a page has left it is known to have asked for. */
const KEPT = 1000

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

export function createInbox({ id, history, wishes, deliver, outdated }: InboxOptions): Inbox {
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

  const hasLeft = (channel: string) => asked.has(`c:${channel}`) && !wished.has(`c:${channel}`)

  /** Without the channels that the page has left. Those that are the app's own as well come back with the leader's next word. */
  function withoutLeft(all: SseChannels): SseChannels {
    if (![...all.channels, ...all.refused].some(hasLeft)) return all
    const [channels, refused] = [all.channels, all.refused].map((names) =>
      names.filter((name) => !hasLeft(name)),
    )
    return { channels: channels ?? [], refused: refused ?? [] }
  }

  function deliverChannels(entry: Entry): void {
    const all: SseChannels = JSON.parse(entry.data)
    const next = withoutLeft(all)
    if (!isRepeated(next)) deliver({ ...entry, data: JSON.stringify(next) })
    if (next !== all) outdated()
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
      if (entry.event === 'sse.channels') return deliverChannels(entry)
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
      for (const wish of asked) if (asked.size > wished.size + KEPT && !wished.has(wish)) asked.delete(wish)
      return [...wished].some((wish) => !before.has(wish))
    },
    leave() {
      const next = view && withoutLeft(view)
      if (!next || next === view) return
      isRepeated(next)
      deliver({ event: 'sse.channels', data: JSON.stringify(next), lastEventId: history.cursor })
    },
  }
}
